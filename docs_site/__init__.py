"""How the documentation site is made: what is generated from the code while MkDocs builds. No part of the product."""
