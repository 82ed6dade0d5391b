"""Reading what people learn from: study material and the quiz bank, as files of the content folder."""
