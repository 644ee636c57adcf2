"""What the encoder is made of: which model, how it is loaded, how texts become batches of tokens."""
