"""stub"""

from engine.index import PageIndex


class IndexingStopped(Exception):
    pass


def build_index(page, settings, *, preprocess=None, emit=None, stop=None) -> PageIndex:
    raise NotImplementedError
