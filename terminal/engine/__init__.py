"""The index and the encoder kept warm, in this process or in another one."""
