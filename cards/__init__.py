"""The neutral card and form, one file per card, and the renderers."""
