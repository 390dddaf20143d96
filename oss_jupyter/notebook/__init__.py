"""The only room that knows IPython, traitlets and widgets; it joins the other rooms and shows what they do."""
