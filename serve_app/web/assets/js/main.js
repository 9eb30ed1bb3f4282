/** Starts the page. */

import { setUpTheme } from "./theme.js";
import { startRouter } from "./router.js";
import { homePage } from "./home/page.js";
import { titlePage } from "./title/page.js";
import { tryPage } from "./try/page.js";
import { systemPage } from "./system/page.js";

setUpTheme(document.getElementById("theme"));
startRouter(document.getElementById("main"), {
  home: homePage,
  title: titlePage,
  try: tryPage,
  system: systemPage,
});
