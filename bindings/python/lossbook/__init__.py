"""Lossbook from Python: the same facade that phones use.

The names come from the generated module ``lossbook.lossbook_ffi``; ``lossbook.host`` has a host for
a desk: the machine's clocks, a key in a file, HTTP by the standard library.

>>> import lossbook
>>> from lossbook.host import desk
>>> book = lossbook.Lossbook.open_or_create("home", desk("home.key"))   # doctest: +SKIP
"""

from .lossbook_ffi import *  # noqa: F401,F403
from .lossbook_ffi import __all__  # noqa: F401
