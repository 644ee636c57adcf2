// On every page: the list of keys.
import { openDialog } from "./dialogs.js";
import { onKeys } from "./keys.js";

for (const button of document.querySelectorAll("[data-keys-open]")) {
  button.hidden = false;
  button.addEventListener("click", () => openDialog("keys"));
}

onKeys({
  "?": () => {
    openDialog("keys");
    return true;
  },
});
