"""PDF: from glyphs on a page to lines in reading order and paragraphs over pages."""
