/** What surrounds every page of the store. */
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from "react";
import { LanguageButton, ThemeButton } from "../ui/controls";
import { Icon, Mark } from "../ui/icons";
import { buttonClass, Notice } from "../ui/parts";
import { common } from "../ui/words";
import { useWords } from "../util/i18n";
import { useTitle } from "../util/title";
import { useCart } from "./cart";
import { faultsQuery } from "./queries";
import s from "./store.module.css";
import { texts } from "./words";

export const CATEGORIES = ["mobile", "tablet", "appliance", "living"] as const;

const Lab = lazy(() => import("./Lab"));

function useOnline(): boolean {
  return useSyncExternalStore(
    (changed) => {
      window.addEventListener("online", changed);
      window.addEventListener("offline", changed);
      return () => {
        window.removeEventListener("online", changed);
        window.removeEventListener("offline", changed);
      };
    },
    () => navigator.onLine,
    () => true,
  );
}

const openLab = new EventTarget();

/** Opens the Lab from anywhere in the store. */
export function showLab() {
  openLab.dispatchEvent(new Event("open"));
}

function SearchBox() {
  const t = useWords(texts);
  const navigate = useNavigate();
  const location = useLocation();
  const q = String((location.search as { q?: string }).q ?? "");
  return (
    <search className={s.search}>
      <form
        key={q}
        action="/search"
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = String(new FormData(event.currentTarget).get("q") ?? "").trim();
          void navigate(wanted ? { to: "/search", search: { q: wanted } } : { to: "/" });
        }}
      >
        <input
          type="search"
          name="q"
          defaultValue={q}
          placeholder={t("search")}
          aria-label={t("search")}
          autoComplete="off"
          maxLength={60}
        />
        <button type="submit" aria-label={t("searchSubmit")}>
          <Icon name="search" />
        </button>
      </form>
    </search>
  );
}

function FaultBanner({ onOpen }: { onOpen: () => void }) {
  const t = useWords(texts);
  const faults = useQuery(faultsQuery).data;
  const count = faults
    ? Object.values(faults.faults).filter(
        (value) => value === true || (typeof value === "number" && value > 0),
      ).length
    : 0;
  if (count === 0) return null;
  return (
    <section className={s.faultBanner} aria-label={t("labTitle")}>
      <span role="status">{t("faultsOn", { n: count })}</span>
      <button type="button" onClick={onOpen}>
        {t("openLab")}
      </button>
    </section>
  );
}

export function Layout() {
  const t = useWords(texts);
  const c = useWords(common);
  const cart = useCart();
  const online = useOnline();
  const [lab, setLab] = useState(false);
  const count = cart.reduce((sum, line) => sum + line.quantity, 0);
  useEffect(() => {
    const open = () => setLab(true);
    const key = (event: KeyboardEvent) => {
      const typing =
        event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (event.shiftKey && event.key === "L" && !typing) setLab(true);
    };
    openLab.addEventListener("open", open);
    window.addEventListener("keydown", key);
    return () => {
      openLab.removeEventListener("open", open);
      window.removeEventListener("keydown", key);
    };
  }, []);
  useTitle(t("title"));
  return (
    <div className={s.page}>
      <a className="skip" href="#main">
        {c("skip")}
      </a>
      <section className={s.strip} aria-label={t("name")}>
        {t("strip")}
      </section>
      <FaultBanner onOpen={() => setLab(true)} />
      <header className={s.header}>
        <div className={s.headerRow}>
          <Link to="/" className={s.brand}>
            <Mark />
            <span>SWElite</span>
          </Link>
          <nav className={s.categories} aria-label={t("categories")}>
            {CATEGORIES.map((name) => (
              <Link
                key={name}
                to="/c/$category"
                params={{ category: name }}
                activeProps={{ "aria-current": "page" }}
              >
                {t(name)}
              </Link>
            ))}
          </nav>
          <SearchBox />
          <div className={s.tools}>
            <Link to="/orders" className={s.tool}>
              <Icon name="receipt" />
              <span>{t("orders")}</span>
            </Link>
            <Link to="/cart" className={s.tool}>
              <Icon name="cart" />
              <span>{t("cart")}</span>
              {count > 0 && <b>{count}</b>}
            </Link>
            <LanguageButton />
            <ThemeButton />
          </div>
        </div>
      </header>
      <main id="main" className={s.main} tabIndex={-1}>
        {!online && (
          <div className={s.offline}>
            <Notice tone="warn" role="status">
              {t("offline")}
            </Notice>
          </div>
        )}
        <Outlet />
      </main>
      <footer className={s.footer}>
        <p>Payment SWElite · {t("name")}</p>
        <nav aria-label={c("more")}>
          <button type="button" className={s.linkButton} onClick={() => setLab(true)}>
            <Icon name="flask" size={14} /> {t("lab")}
          </button>
          <a href="/console">{t("console")}</a>
          <a href="/dev">{t("developers")}</a>
        </nav>
      </footer>
      {lab && (
        <Suspense>
          <Lab onClose={() => setLab(false)} />
        </Suspense>
      )}
    </div>
  );
}

export function NotFound() {
  const c = useWords(common);
  return (
    <div className={s.narrow}>
      <h1>{c("notFound")}</h1>
      <p className={s.lead}>{c("notFoundText")}</p>
      <Link to="/" className={buttonClass()}>
        {c("home")}
      </Link>
    </div>
  );
}
