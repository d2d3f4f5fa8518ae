"""The pages, a file a page; timeline and set_aside are parts that pages share."""
