"""`runql doctor`: what a report needs of the computer that RunQL runs on, without secrets."""
