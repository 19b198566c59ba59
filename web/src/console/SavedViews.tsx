/** Named filters beside the named views: one keeps the conditions that are shown under a name, and comes back to them. */
import { Link, useLocation } from "@tanstack/react-router";
import { type FormEvent, useId, useState } from "react";
import { Button, IconButton, ui } from "../ui/parts";
import { parseSearch } from "../util/address";
import { useWords } from "../util/i18n";
import s from "./find.module.css";
import { findTexts } from "./findWords";
import { dropView, saveView, useSavedViews } from "./savedViews";

/** The conditions of an address: how much of the list is shown is none. */
function conditions(search: string): string {
  const asked = new URLSearchParams(search);
  asked.delete("more");
  asked.sort();
  return asked.toString();
}

function Save({ search, onDone }: { search: string; onDone: () => void }) {
  const t = useWords(findTexts);
  const id = useId();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name") ?? "").trim();
    if (name) saveView({ name, search });
    onDone();
  };
  return (
    <form className={s.save} onSubmit={submit}>
      <label htmlFor={id}>{t("viewName")}</label>
      {/* biome-ignore lint/a11y/noAutofocus: it opens because somebody asked for it */}
      <input id={id} className={ui.input} name="name" maxLength={40} required autoFocus autoComplete="off" />
      <Button type="submit" size="small">
        {t("viewKeep")}
      </Button>
      <Button size="small" look="quiet" onClick={onDone}>
        {t("viewCancel")}
      </Button>
    </form>
  );
}

export function SavedViews() {
  const t = useWords(findTexts);
  const views = useSavedViews();
  const [saving, setSaving] = useState(false);
  const shown = conditions(useLocation().searchStr);
  const isSaved = views.some((view) => view.search === shown);
  if (views.length === 0 && shown === "") return null;
  return (
    <div className={s.saved}>
      {views.length > 0 && (
        <nav aria-label={t("viewsSaved")}>
          <ul>
            {views.map((view) => (
              <li key={view.name}>
                <Link
                  to={"/console/payments" as never}
                  search={parseSearch(view.search) as never}
                  aria-current={view.search === shown ? "page" : undefined}
                  activeOptions={{ exact: true }}
                >
                  {view.name}
                </Link>
                <IconButton
                  icon="cross"
                  label={t("viewDrop", { name: view.name })}
                  onClick={() => dropView(view.name)}
                />
              </li>
            ))}
          </ul>
        </nav>
      )}
      {saving ? (
        <Save search={shown} onDone={() => setSaving(false)} />
      ) : (
        shown !== "" &&
        !isSaved && (
          <Button size="small" look="quiet" onClick={() => setSaving(true)}>
            {t("viewSave")}
          </Button>
        )
      )}
    </div>
  );
}
