"""The pages of uptake, in the order people meet them."""

from marketplace.uptake import alike_views, funder_views, funnel_views, open_views
from marketplace.uptake.shared_views import bp

__all__ = ["alike_views", "bp", "funder_views", "funnel_views", "open_views"]
