// Modal dialogs: the browser keeps the focus inside and gives it back; a click beside closes.

/** Open the dialog that the macro dialog(id, …) made; returns it. */
export function openDialog(id) {
  const dialog = document.getElementById(`dialog-${id}`);
  if (!dialog.open) dialog.showModal();
  if (!dialog.dataset.watched) {
    dialog.dataset.watched = "yes";
    dialog.addEventListener("click", (event) => {
      const box = dialog.getBoundingClientRect();
      const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (event.target === dialog && !inside) dialog.close();
    });
  }
  return dialog;
}
