"""How well search finds what people judged, and what is known to be there."""
