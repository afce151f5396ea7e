"use strict";
(() => {
  const source = document.getElementById("page");
  const page = JSON.parse(source.textContent);
  const key = "cvrecipes-review:" + page.page;
  const at = (id) => document.getElementById(id);
  const total = page.sentences.length;
  const radios = (name) => [...document.querySelectorAll(`input[name="${name}"]`)];
  const chosen = (name) => (radios(name).find((radio) => radio.checked) || {}).value || "";

  // Storage may be refused: in a private window, or for a file of a phone.
  const store = (write) => {
    try { return write(window.localStorage); } catch { return null; }
  };

  // On one line, composed, as the command reads it.
  const plain = (text) => text.normalize("NFC").split(/\s+/u).filter(Boolean).join(" ");
  // Without what no recipe writes, as the command reads it: capitals, punctuation, and signs that
  // nobody sees. Signs of the spelling stay, and what joins two letters.
  const { kept, joiners } = source.dataset;
  const small = (text) => ({
    none: text, turkic: text.toLocaleLowerCase("tr"),
  })[source.dataset.case] ?? text.toLowerCase();
  const letter = (sign) => /^[\p{L}\p{M}]$/u.test(sign || "");
  const hidden = /^[\p{Cf}\p{Default_Ignorable_Code_Point}]$/u;
  const settled = (text) => {
    const signs = [...small(plain(text))];
    return plain(signs.map((sign, i) => {
      if (kept.includes(sign)) return sign;
      if (joiners.includes(sign) && letter(signs[i - 1]) && letter(signs[i + 1])) return sign;
      if (hidden.test(sign)) return "";
      return /^[\p{P}\p{S}]$/u.test(sign) ? " " : sign;
    }).join(""));
  };
  const correction = (n) => settled(at("c" + n).value);
  // A wrong answer counts once it says what would be right.
  const answerOf = (n) => {
    const answer = chosen("a" + n);
    if (answer !== "wrong") return answer && { sentence: n, answer, correction: "" };
    const sentence = page.sentences[n - 1];
    const text = correction(n);
    const none = !text || text[0] === "!" || (text === sentence.text && sentence.reason === null);
    return none ? "" : { sentence: n, answer, correction: text };
  };
  const numbers = Array.from({ length: total }, (_, i) => i + 1);
  const answers = () => numbers.map(answerOf).filter(Boolean);

  const hint = (n) => {
    const text = correction(n);
    const { text: now, reason } = page.sentences[n - 1];
    const [words, bdi] = at("t" + n).children;
    const typed = plain(at("c" + n).value);
    const same = text === now && reason === null;
    at("t" + n).hidden = text === typed;
    words.textContent = same
      ? "Capitals, punctuation and signs that nobody sees are always left out. Without them this "
        + "is what stands above: choose Right, or write what must differ."
      : "Capitals, punctuation and signs that nobody sees are always left out. Saved is:";
    bdi.textContent = same ? "" : text;
  };
  const show = () => {
    for (const n of numbers) {
      const wrong = chosen("a" + n) === "wrong";
      at("c" + n).closest(".fix").hidden = !wrong;
      if (wrong) hint(n);
    }
    const done = answers().length;
    at("bar").value = done;
    const text = `${done} of ${total}`;
    if (at("count").textContent !== text) at("count").textContent = text;
  };

  const state = () => ({
    answers: numbers.map((n) => [chosen("a" + n), at("c" + n).value]),
    name: at("name").value, speaker: chosen("speaker"), comment: at("comment").value,
  });
  const keep = () => store((storage) => storage.setItem(key, JSON.stringify(state())));
  const restore = () => {
    let old = null;
    try { old = JSON.parse(store((storage) => storage.getItem(key))); } catch { /* none of ours */ }
    numbers.forEach((n) => { at("c" + n).value = page.sentences[n - 1].text; });
    if (!old || !Array.isArray(old.answers)) return;
    const check = (name, value) => radios(name).forEach((r) => { r.checked = r.value === value; });
    old.answers.slice(0, total).forEach(([answer, text], i) => {
      check("a" + (i + 1), answer);
      at("c" + (i + 1)).value = text;
    });
    at("name").value = old.name;
    at("comment").value = old.comment;
    check("speaker", old.speaker);
  };

  const result = () => {
    const now = new Date();
    const two = (number) => String(number).padStart(2, "0");
    const { format, version, locale, variant, recipe, normalizer, sentences } = page;
    const comment = at("comment").value.replace(/[\t\r]+/g, " ").trim();
    return JSON.stringify({
      format, version, locale, variant, recipe, normalizer, page: page.page,
      date: `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`,
      name: plain(at("name").value), speaker: chosen("speaker"), comment,
      sentences, answers: answers(),
    }, null, 1) + "\n";
  };

  // What is missing before a file makes sense; its place gets the focus.
  const missing = () => {
    const open = numbers.find((n) => chosen("a" + n) === "wrong" && !answerOf(n));
    if (open) return [`Sentence ${open} is wrong: write it as it must be.`, at("c" + open)];
    if (!answers().length) return ["No sentence is answered yet.", radios("a1")[0]];
    if (!chosen("speaker")) return ["Say how you know the language.", radios("speaker")[0]];
    return null;
  };
  const ready = () => {
    const what = missing();
    at("missing").hidden = !what;
    at("missing").textContent = what ? what[0] : "";
    if (what) what[1].focus();
    return !what;
  };
  const said = (text) => {
    const left = total - answers().length;
    at("saved").textContent = text + (left ? ` ${left} of ${total} are without an answer.` : "");
    at("saved").hidden = false;
  };

  at("save").addEventListener("click", () => {
    if (!ready()) return;
    const name = `review-${page.locale}-${page.page.slice(0, 6)}.json`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([result()], { type: "application/json" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    said(`Saved as ${name}, where your browser keeps downloads.`);
  });
  at("copy").addEventListener("click", async () => {
    if (!ready()) return;
    const box = at("text");
    box.value = result();
    box.hidden = false;
    box.focus();
    box.select();
    let copied = false;
    try { copied = document.execCommand("copy"); } catch { /* the text can be copied by hand */ }
    said(copied ? "Copied: paste it into a message." : "Copy the text below into a message.");
  });
  at("clear").addEventListener("click", () => {
    if (!window.confirm("Delete all answers on this page?")) return;
    store((storage) => storage.removeItem(key));
    document.querySelectorAll("input[type=radio]").forEach((radio) => { radio.checked = false; });
    ["name", "comment", "text"].forEach((id) => { at(id).value = ""; });
    ["text", "saved", "missing"].forEach((id) => { at(id).hidden = true; });
    restore();
    show();
  });

  document.addEventListener("input", () => { show(); keep(); });
  document.addEventListener("change", (event) => {
    const radio = event.target;
    if (radio.value === "wrong" && radio.checked) at("c" + radio.name.slice(1)).focus();
  });
  // The card in the middle of the screen, or the nearest to it.
  const onScreen = () => {
    const middle = window.innerHeight / 2;
    const distance = (card) => {
      const { top, bottom } = card.getBoundingClientRect();
      return Math.max(top - middle, middle - bottom, 0);
    };
    return [...document.querySelectorAll(".card")].reduce(
      (best, card) => (distance(card) < distance(best) ? card : best));
  };
  document.addEventListener("keydown", (event) => {
    const writes = event.target.matches("textarea, input:not([type=radio])");
    const place = "123".indexOf(event.key);
    if (writes || place < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const card = event.target.closest(".card") || onScreen();
    const radio = card.querySelectorAll("input[type=radio]")[place];
    if (!radio) return;
    event.preventDefault();
    radio.focus();
    radio.click();
    const next = card.nextElementSibling;
    const first = next && next.querySelector("input[type=radio]");
    if (place !== 1 && first) first.focus();
  });

  restore();
  show();
})();
