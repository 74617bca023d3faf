"""Pages of reviews: for vendors, reviewers, the operator and everybody."""

from marketplace.reviews import operator_views, public_views, reviewer_views, vendor_views
from marketplace.reviews.shared_views import bp

#: The pages register themselves on the same blueprint.
__all__ = ["bp", "operator_views", "public_views", "reviewer_views", "vendor_views"]
