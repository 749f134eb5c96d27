"""Labels of a template on a page, and the areas of their values."""
