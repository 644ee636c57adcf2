// A blogger's page: the hand adds it to a list. Without this file everything can still be read.
import { addToList } from "./adding.js";
import { showJudging, watchJudging } from "./judging.js";
import { onKeys } from "./keys.js";

const profile = document.getElementById("profile");
const head = profile.querySelector("[data-blogger]");

for (const hidden of profile.querySelectorAll("[data-add], [data-scripted]")) hidden.hidden = false;
head.querySelector("[data-add]").addEventListener("click", () => addToList(head, profile));

const here = profile.querySelector(".here");
if (here) {
  showJudging(here);
  watchJudging(here);
}

onKeys({
  l: () => {
    addToList(head, profile);
    return true;
  },
});
