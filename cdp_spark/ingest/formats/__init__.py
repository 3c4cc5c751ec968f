"""Readers: files of one format → ``uri, file_offset, row_pos, raw, raw_base64, fault``, one row a record."""
