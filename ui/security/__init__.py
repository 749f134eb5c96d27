"""Who may come in, what may be sent, what a page may load, and how much disk it may take."""
