"""Division of a file into its documents."""
