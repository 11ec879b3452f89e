// Shows the buttons that copy a citation. The page is whole without them.
"use strict";

if (navigator.clipboard) {
  const said = document.getElementById("said");
  for (const button of document.querySelectorAll("button[data-citation]")) {
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.citation);
      } catch {
        return; // the browser did not allow it: nothing was copied, and the button does not say so
      }
      button.textContent = button.dataset.copied;
      said.textContent = button.dataset.copied;
      setTimeout(() => {
        button.textContent = label;
        said.textContent = "";
      }, 2000);
    });
  }
}
