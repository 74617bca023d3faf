/* Small helps on top of pages that work without any script. No framework, no inline code. */
(function () {
  "use strict";

  /* After a refused form, start reading at the list of problems. */
  function focusProblems(root) {
    var box = root.querySelector("[data-errors]");
    if (box) box.focus();
    return box;
  }

  /* <form data-live="region-name">: send the form, take the same region out of the answer and put
     it in place. Anything unexpected falls back to sending the form the plain way. */
  function liveForm(form) {
    var name = form.dataset.live;
    var target = function (root) {
      return root.querySelector('[data-live-target="' + name + '"]');
    };
    var turn = 0;
    form.addEventListener("submit", function (event) {
      var here = target(document);
      if (!here || form.dataset.plain) return;
      event.preventDefault();
      var mine = ++turn;
      var body = new FormData(form, event.submitter);
      var method = (form.getAttribute("method") || "get").toLowerCase();
      var url = new URL(form.getAttribute("action") || location.href, location.href);
      var options = { method: method, headers: { Accept: "text/html" }, credentials: "same-origin" };
      if (method === "get") url.search = new URLSearchParams(body).toString();
      else options.body = body;
      here.setAttribute("aria-busy", "true");
      fetch(url, options)
        .then(function (answer) {
          if (!answer.ok && answer.status !== 422) throw new Error(answer.status);
          if (answer.redirected) { location.assign(answer.url); return null; }
          return answer.text();
        })
        .then(function (text) {
          if (text === null || mine !== turn) return;
          var page = new DOMParser().parseFromString(text, "text/html");
          var fresh = target(page);
          if (!fresh) throw new Error("no region");
          here.replaceWith(fresh);
          if (method === "get") history.replaceState(null, "", url);
          var inside = fresh.contains(document.activeElement);
          ready(fresh);
          if (!focusProblems(fresh) && !inside) say(fresh.dataset.liveSays || "Updated.");
        })
        .catch(function () {
          form.dataset.plain = "1";
          if (event.submitter) event.submitter.click();
          else form.submit();
        });
    });
  }

  /* One quiet place that screen readers listen to. */
  function say(text) {
    var box = document.getElementById("said");
    if (!box) {
      box = document.createElement("p");
      box.id = "said";
      box.className = "vh";
      box.setAttribute("role", "status");
      document.body.appendChild(box);
    }
    box.textContent = "";
    setTimeout(function () { box.textContent = text; }, 50);
  }

  /* <input data-lookup="/districts.json">: suggestions while typing, by mouse or arrow keys. */
  var made = 0;
  function lookup(input) {
    var list = document.createElement("ul");
    var id = "opts-" + ++made;
    var found = [], at = -1, timer = 0, turn = 0;
    list.className = "opts";
    list.id = id;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Suggestions");
    input.after(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", id);
    input.setAttribute("aria-expanded", "false");

    function close() {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }
    function mark(next) {
      at = next;
      Array.prototype.forEach.call(list.children, function (row, i) {
        row.setAttribute("aria-selected", String(i === at));
        if (i === at) row.scrollIntoView({ block: "nearest" });
      });
      if (at >= 0) input.setAttribute("aria-activedescendant", list.children[at].id);
      else input.removeAttribute("aria-activedescendant");
    }
    function choose(i) {
      var pick = found[i];
      close();
      if (pick.url) { location.assign(pick.url); return; }
      input.value = pick.value || pick.label;
      if (input.form) input.form.requestSubmit();
    }
    function show(rows) {
      found = rows.slice(0, 8);
      list.textContent = "";
      found.forEach(function (row, i) {
        var item = document.createElement("li");
        var name = document.createElement("b");
        item.id = id + "-" + i;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        name.textContent = row.label;
        item.appendChild(name);
        if (row.note) {
          var note = document.createElement("small");
          note.textContent = row.note;
          item.appendChild(note);
        }
        item.addEventListener("mousedown", function (event) { event.preventDefault(); choose(i); });
        list.appendChild(item);
      });
      at = -1;
      list.hidden = found.length === 0;
      input.setAttribute("aria-expanded", String(found.length > 0));
      input.removeAttribute("aria-activedescendant");
      if (input.value.length > 1) say(found.length === 1 ? "1 suggestion." : found.length + " suggestions.");
    }
    function ask() {
      var words = input.value.trim();
      var mine = ++turn;
      if (words.length < 2) { close(); return; }
      var url = new URL(input.dataset.lookup, location.href);
      url.searchParams.set(input.dataset.lookupName || "q", words);
      fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" })
        .then(function (answer) { return answer.ok ? answer.json() : []; })
        .then(function (rows) { if (mine === turn) show(rows.results || rows); })
        .catch(close);
    }
    input.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(ask, 180); });
    input.addEventListener("blur", function () { turn++; close(); });
    input.addEventListener("keydown", function (event) {
      if (list.hidden) return;
      if (event.key === "ArrowDown") { event.preventDefault(); mark((at + 1) % found.length); }
      else if (event.key === "ArrowUp") { event.preventDefault(); mark((at <= 0 ? found.length : at) - 1); }
      else if (event.key === "Enter" && at >= 0) { event.preventDefault(); choose(at); }
      else if (event.key === "Escape") { event.preventDefault(); close(); }
    });
  }

  /* The menu closes with Escape and gives the focus back. */
  function menu(box) {
    box.addEventListener("keydown", function (event) {
      if (event.key !== "Escape" || !box.open) return;
      box.open = false;
      box.querySelector("summary").focus();
    });
  }

  /* <form data-autosave>: save a moment after the last change; what carries data-fresh and an id
     is taken anew from the answer. Files wait for the button. */
  function autosave(form) {
    var timer = 0, busy = false, again = false, pressed = null;
    function take(page, selector, put) {
      document.querySelectorAll(selector).forEach(function (old) {
        var fresh = old.id && page.getElementById(old.id);
        if (fresh) put(old, fresh);
      });
    }
    function tell(text) {
      var line = document.getElementById("saved");
      if (line) line.textContent = text;
    }
    function save() {
      if (busy) { again = true; return; }
      busy = true;
      var body = new FormData(form);
      Array.from(body.keys()).forEach(function (key) {
        if (body.get(key) instanceof File) body.delete(key);
      });
      body.set("autosave", "1");
      tell("Saving …");
      fetch(location.href, { method: "POST", body: body, credentials: "same-origin" })
        .then(function (answer) {
          if (answer.redirected || (!answer.ok && answer.status !== 422)) throw new Error(answer.status);
          return answer.text();
        })
        .then(function (text) {
          var page = new DOMParser().parseFromString(text, "text/html");
          /* First what was seen: what is put in place below leaves the answer. */
          if (page.querySelector("[data-saved]")) {
            take(page, "#seen", function (old, fresh) { old.value = fresh.value; });
          }
          take(page, "[data-fresh]", function (old, fresh) { old.replaceWith(fresh); });
        })
        .catch(function () { tell("Not saved yet. Press Save."); })
        .then(function () {
          busy = false;
          if (pressed) form.requestSubmit(pressed);
          else if (again) { again = false; save(); }
        });
    }
    form.addEventListener("input", function () { clearTimeout(timer); timer = setTimeout(save, 900); });
    form.addEventListener("submit", function (event) {
      clearTimeout(timer);
      if (!busy) return;
      event.preventDefault();
      pressed = event.submitter;
    });
  }

  /* <form data-count="/tools.json">: the button says how many a choice gives, before it is sent. */
  function counting(form) {
    var button = form.querySelector("button[type=submit]");
    var turn = 0;
    form.addEventListener("change", function () {
      var mine = ++turn;
      var url = new URL(form.dataset.count, location.href);
      url.search = new URLSearchParams(new FormData(form)).toString() + "&rows=0";
      fetch(url, { credentials: "same-origin" })
        .then(function (answer) { return answer.json(); })
        .then(function (found) {
          if (mine !== turn) return;
          button.textContent = "Show " + found.total.toLocaleString("en-US") +
            (found.total === 1 ? " tool" : " tools");
          say(button.textContent);
        })
        .catch(function () {}); /* the button works as it is */
    });
  }

  function ready(root) {
    root.querySelectorAll("form[data-count]").forEach(counting);
    root.querySelectorAll("form[data-autosave]").forEach(autosave);
    root.querySelectorAll("form[data-live]").forEach(liveForm);
    root.querySelectorAll("input[data-lookup]").forEach(lookup);
    root.querySelectorAll("details.menu").forEach(menu);
  }

  function start() { ready(document); focusProblems(document); }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
