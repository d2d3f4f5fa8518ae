"""The pages, a file a page: who asks, what is asked, what the tables say, what is shown."""
