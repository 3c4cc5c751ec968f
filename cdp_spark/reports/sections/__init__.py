"""The sections of the run report: figures in, words, charts and tables out. No frames, no files."""
