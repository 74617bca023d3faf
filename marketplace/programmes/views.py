"""The pages of programmes, in the order people meet them."""

from marketplace.programmes import movement_views, panel_views, paper_views, programme_views
from marketplace.programmes.shared_views import bp

__all__ = ["bp", "movement_views", "panel_views", "paper_views", "programme_views"]
