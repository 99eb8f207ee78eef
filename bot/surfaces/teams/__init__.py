"""Microsoft Teams as a surface. Nothing is imported here: the SDK is loaded when a `TeamsApp` is built."""
