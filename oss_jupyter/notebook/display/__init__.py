"""How a cell shows what there is to say: text, plain HTML, outputs that follow a transfer."""
