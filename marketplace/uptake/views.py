"""The pages of uptake, in the order people meet them."""

from marketplace.uptake import funder_views, open_views
from marketplace.uptake.shared_views import bp

__all__ = ["bp", "funder_views", "open_views"]
