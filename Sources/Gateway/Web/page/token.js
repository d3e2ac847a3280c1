// The access token that this page uses: typed once a tab, when the gateway asks for one.

const KEY = "telltale-token";
const $ = (id) => document.getElementById(id);

/// `undefined`: none was given.
export const token = sessionStorage.getItem(KEY) ?? undefined;

/// What goes with each request.
export const credentials = token ? { Authorization: `Bearer ${token}` } : {};

/// Shows the field. `reason`: what the gateway says.
export function askForToken(reason) {
  const form = $("token-form");
  $("token-reason").textContent = reason;
  if (!form.hidden) return;
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = $("token").value.trim();
    if (given) sessionStorage.setItem(KEY, given);
    else sessionStorage.removeItem(KEY);
    // With another token everything is another: all that is open begins anew.
    location.reload();
  });
}
