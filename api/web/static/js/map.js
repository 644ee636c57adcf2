// The map: selecting a blogger or a community, in the drawing or in the table, shows it in both. The address remembers a blogger.
import { onKeys } from "./keys.js";
import { announce } from "./notices.js";

const SIDES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ASIDE_COST = 2; // what lies ahead counts before what lies beside, as spatial navigation of CSS weighs it
const map = document.getElementById("map");
const nodes = map ? [...map.querySelectorAll("[data-node]")] : [];
const byId = new Map(nodes.map((node) => [node.dataset.node, node]));

/** Mark the chosen bloggers and whoever is linked with them; nothing chosen shows all alike. */
function show(chosen, neighbours) {
  map.classList.toggle("choosing", chosen.size > 0);
  for (const node of nodes) {
    node.classList.toggle("chosen", chosen.has(node.dataset.node));
    node.classList.toggle("near", neighbours.has(node.dataset.node));
  }
  for (const name of map.querySelectorAll("[data-name-of]")) name.classList.toggle("near", chosen.has(name.dataset.nameOf) || neighbours.has(name.dataset.nameOf));
  for (const edge of map.querySelectorAll(".edge")) edge.classList.toggle("near", chosen.has(edge.dataset.source) || chosen.has(edge.dataset.target));
  for (const row of map.querySelectorAll("[data-row]")) row.classList.toggle("chosen", chosen.has(row.dataset.row));
}

function neighboursOf(id) {
  const found = new Set();
  for (const { dataset } of map.querySelectorAll(".edge")) {
    if (dataset.source === id) found.add(dataset.target);
    if (dataset.target === id) found.add(dataset.source);
  }
  return found;
}

function chooseCommunity(number) {
  const pressed = number !== null && map.querySelector(`[data-choose-community="${number}"]`).getAttribute("aria-pressed") === "true";
  const chosen = pressed || number === null ? null : number;
  for (const button of map.querySelectorAll("[data-choose-community]")) button.setAttribute("aria-pressed", String(button.dataset.chooseCommunity === chosen));
  return chosen;
}

/** Select one blogger everywhere; the table comes into view when asked for. */
function choose(id, scrolling) {
  chooseCommunity(null);
  const neighbours = neighboursOf(id);
  show(new Set([id]), neighbours);
  reachable(byId.get(id));
  history.replaceState(null, "", `#row-${id}`);
  const row = map.querySelector(`[data-row="${CSS.escape(id)}"]`);
  if (scrolling) row.scrollIntoView({ block: "nearest" });
  announce(`${row.querySelector(".name").textContent} is selected; linked with ${neighbours.size} of the map.`);
}

function chooseAll(number) {
  const chosen = chooseCommunity(number);
  show(new Set(nodes.filter((node) => node.dataset.community === chosen).map((node) => node.dataset.node)), new Set());
}

/** One blogger is reached by Tab, the others by arrows. */
function reachable(node) {
  for (const other of nodes) other.setAttribute("tabindex", other === node ? "0" : "-1");
}

const place = (node) => {
  const circle = node.querySelector("circle");
  return [Number(circle.getAttribute("cx")), Number(circle.getAttribute("cy"))];
};

/** The nearest blogger on that side. */
function nearest(from, [sx, sy]) {
  const [x, y] = place(from);
  let best = null;
  for (const node of nodes) {
    const [dx, dy] = [place(node)[0] - x, place(node)[1] - y];
    const ahead = dx * sx + dy * sy;
    if (ahead <= 0) continue;
    const cost = ahead + ASIDE_COST * Math.abs(dx * sy - dy * sx);
    if (!best || cost < best.cost) best = { node, cost };
  }
  return best?.node;
}

if (map) {
  reachable(nodes[0]);
  for (const button of map.querySelectorAll("[data-choose-community]")) {
    button.hidden = false;
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => chooseAll(button.dataset.chooseCommunity));
  }
  for (const text of map.querySelectorAll("[data-unscripted]")) text.hidden = true;
  for (const node of nodes) {
    node.addEventListener("click", (event) => {
      event.preventDefault();
      if (node.classList.contains("chosen") && event.detail === 0) map.querySelector(`[data-row="${CSS.escape(node.dataset.node)}"] .name`).click();
      else choose(node.dataset.node, false);
    });
    node.addEventListener("keydown", (event) => {
      const next = SIDES[event.key] && nearest(node, SIDES[event.key]);
      if (!SIDES[event.key]) return;
      event.preventDefault();
      if (next) {
        reachable(next);
        next.focus();
      }
    });
  }
  for (const row of map.querySelectorAll("[data-row]")) {
    row.addEventListener("click", (event) => {
      if (!event.target.closest("a")) choose(row.dataset.row, false);
    });
    row.querySelector(".name").addEventListener("focus", () => choose(row.dataset.row, false));
  }
  const remembered = location.hash.replace("#row-", "");
  if (byId.has(remembered)) choose(remembered, true);
}

onKeys({
  "/": () => {
    document.getElementById("brief").select();
    return true;
  },
});
