"""The pages of scorecards, in the order people meet them."""

from marketplace.scorecards import card_views, desk_views
from marketplace.scorecards.shared_views import bp

__all__ = ["bp", "card_views", "desk_views"]
