/* Before the first paint: the theme that was chosen here earlier. A classic script, so that it blocks. */
(function () {
  try {
    var chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch (error) {
    /* Storage may be forbidden: then the system's theme stays. */
  }
})();
