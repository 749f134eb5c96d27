"""Labels of a template on a page, and the areas they point at."""
