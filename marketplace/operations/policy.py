"""Who may look behind the scenes."""

from marketplace.core import access
from marketplace.core.access import is_operator

access.declare(
    {
        "operations.admin": [[is_operator]],
        "operations.waiting_work": [[is_operator]],
        "operations.try_again": [[is_operator]],
    }
)
