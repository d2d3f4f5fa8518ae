"""The history checker: concurrent chats and resets under faults, each client's history judged."""
