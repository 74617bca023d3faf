"""Who may do what to the directory: everybody reads it, the operator feeds it."""

from marketplace.core import access
from marketplace.core.access import is_operator, is_system

access.declare({"directory.import_file": [[is_operator], [is_system]]})
