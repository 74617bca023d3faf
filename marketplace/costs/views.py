"""Pages about how a cost is split."""

from marketplace.costs import calculator_views, designer_views, math_views
from marketplace.costs.shared_views import bp

#: The pages register themselves on the same blueprint.
__all__ = ["bp", "calculator_views", "designer_views", "math_views"]
