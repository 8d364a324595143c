"""Which of my tags are wrong? Many labels per sample, each of them doubtful.

In tagging data a 1 is a claim and a 0 means "no, or nobody said so". The functions of
this room measure how far the claims can be trusted, label by label.
"""

__all__ = []
