/** The palette: every page, a thing by its id, what can be done here, the switches. And the sheet that lists the keys. */
import { useNavigate } from "@tanstack/react-router";
import { useId, useState } from "react";
import { Overlay } from "../ui/overlay";
import { Switch, ui } from "../ui/parts";
import { useWords } from "../util/i18n";
import s from "./console.module.css";
import { found, type Place } from "./places";
import { SHORTCUTS, setSingleKeys, singleKeys } from "./shortcuts";
import { type TextKey, texts } from "./words";

/** What can be pressed on the page behind, and in the bar above it. */
function actsHere(): Place[] {
  const all = document.querySelectorAll<HTMLButtonElement>(
    ":is([data-acts], [data-switches]) button, button[data-key]",
  );
  const open = [...new Set(all)].filter((button) => !button.disabled && button.ariaDisabled !== "true");
  const nameOf = (button: HTMLButtonElement) => (button.ariaLabel ?? button.textContent).trim();
  return open
    .filter((button) => button.checkVisibility() && nameOf(button) !== "")
    .map((button, index) => ({
      to: `here ${index}`,
      name: nameOf(button),
      // Once the dialog is gone: it takes the focus back to where it was.
      run: () => setTimeout(() => button.click(), 0),
    }));
}

export default function Palette({ places, onClose }: { places: Place[]; onClose: () => void }) {
  const t = useWords(texts);
  const navigate = useNavigate();
  const list = useId();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const [acts] = useState(actsHere);
  const hits = found(text.trim() ? [...places, ...acts] : places, text, (named, id) => t(named, { id }));
  const chosen = Math.min(at, hits.length - 1);
  const go = (place: Place | undefined) => {
    if (!place) return;
    onClose();
    if (place.run) place.run();
    else if (place.outside) location.assign(place.to);
    else void navigate({ href: place.to } as never);
  };
  return (
    <Overlay open onClose={onClose} title={t("palette")}>
      <input
        className={ui.input}
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={hits.length > 0 ? `${list}-${chosen}` : undefined}
        aria-label={t("paletteHint")}
        placeholder={t("paletteHint")}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === "Enter") go(hits[chosen]);
          const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
          if (step === 0) return;
          event.preventDefault();
          setAt((chosen + step + hits.length) % Math.max(hits.length, 1));
        }}
      />
      <div role="listbox" id={list} aria-label={t("palette")} className={s.hits}>
        {hits.map((place, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the box above has the keys
          <div
            key={place.to}
            role="option"
            id={`${list}-${index}`}
            aria-selected={index === chosen}
            tabIndex={-1}
            onClick={() => go(place)}
          >
            <span>{place.name}</span>
            {place.run ? <small>{t("here")}</small> : <code>{place.to}</code>}
          </div>
        ))}
      </div>
      {hits.length === 0 && <p className={s.lead}>{t("nothingMatches")}</p>}
    </Overlay>
  );
}

export function Keys({ onClose }: { onClose: () => void }) {
  const t = useWords(texts);
  const [on, setOn] = useState(singleKeys);
  return (
    <Overlay open onClose={onClose} title={t("keysTitle")}>
      <dl className={s.keys}>
        {SHORTCUTS.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{t(what as TextKey)}</dd>
          </div>
        ))}
      </dl>
      <Switch
        label={t("keysSingle")}
        checked={on}
        onChange={(next) => {
          setSingleKeys(next);
          setOn(next);
        }}
      />
    </Overlay>
  );
}
