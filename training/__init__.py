"""Whatever writes shipped weights; `synthetic` draws documents, `bench` prints figures."""
