/** What surrounds every page of the console: the rail, the bar, the switches. */
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useLayoutEffect, useRef, useState } from "react";
import { LanguageButton, ThemeButton } from "../ui/controls";
import { Icon, Mark } from "../ui/icons";
import { Badge, Button, buttonClass, IconButton, ui } from "../ui/parts";
import { Loading } from "../ui/states";
import { common } from "../ui/words";
import { useLang, useWords } from "../util/i18n";
import { useTitle } from "../util/title";
import s from "./console.module.css";
import { keepDrafts } from "./drafts";
import { operatorTexts } from "./operatorWords";
import type { Place } from "./places";
import { type Role, sessionQuery, useSession, useSignOut } from "./session";
import { useShortcuts } from "./shortcuts";
import { type TextKey, texts } from "./words";
import { CLOCKS, setClock, useClock } from "./zone";

const Palette = lazy(() => import("./Palette"));
const Keys = lazy(() => import("./Palette").then((module) => ({ default: module.Keys })));

const GROUPS: { title: TextKey; links: [string, TextKey][] }[] = [
  {
    title: "groupTrade",
    links: [
      ["/console", "overview"],
      ["/console/payments", "payments"],
    ],
  },
  {
    title: "groupBooks",
    links: [
      ["/console/ledger", "ledger"],
      ["/console/ledger/trial-balance", "trial"],
    ],
  },
  {
    title: "groupPipe",
    links: [
      ["/console/events", "events"],
      ["/console/dead-letters", "dead"],
    ],
  },
  {
    title: "groupRun",
    links: [
      ["/console/limits", "limits"],
      ["/console/health", "health"],
      ["/console/audit", "audit"],
      ["/console/operators", "operators"],
    ],
  },
  {
    title: "groupDev",
    links: [
      ["/dev", "quickstart"],
      ["/dev/testing", "testing"],
      ["/dev/requests", "requests"],
    ],
  },
];

/** The most specific link an address belongs to. */
function currentLink(path: string): string | undefined {
  const links = GROUPS.flatMap((group) => group.links.map(([to]) => to));
  // The first page of each part is one page, not all that lies below it.
  const isFirst = (to: string) => to === "/console" || to === "/dev";
  const fits = links.filter((to) => path === to || (!isFirst(to) && path.startsWith(`${to}/`)));
  return fits.sort((a, b) => b.length - a.length)[0];
}

function Rail({ id }: { id?: string }) {
  const t = useWords(texts);
  const lang = useLang();
  const session = useSession();
  // Whoever is not signed in is shown what is open to them.
  const isOpen = (to: string) => !session?.loginRequired || session.operator !== null || OPEN.includes(to);
  const groups = GROUPS.map((group) => ({ ...group, links: group.links.filter(([to]) => isOpen(to)) }));
  const current = currentLink(useLocation().pathname);
  return (
    <nav className={s.rail} aria-label={t("menu")} id={id}>
      {groups.map(
        (group) =>
          group.links.length > 0 && (
            <div key={group.title}>
              <h2>{t(group.title)}</h2>
              <ul>
                {group.links.map(([to, name]) => (
                  <li key={to}>
                    <Link
                      to={to as never}
                      aria-current={to === current ? "page" : undefined}
                      activeOptions={{ exact: true }}
                    >
                      {t(name)}
                    </Link>
                  </li>
                ))}
                {group.title === "groupDev" && (
                  <li>
                    <a href={`/docs?lang=${lang}`}>{t("reference")}</a>
                  </li>
                )}
                {group.title === "groupDev" && (
                  <li className={s.narrowOnly}>
                    <a href="/">{t("store")}</a>
                  </li>
                )}
              </ul>
            </div>
          ),
      )}
    </nav>
  );
}

/** Pages for which nobody has to be signed in. */
const OPEN = ["/console/login", "/console/welcome", "/dev", "/dev/testing"];

/** Where somebody who is not signed in goes instead; back to where they were afterwards. */
function useGate(): boolean {
  const navigate = useNavigate();
  const { pathname, href } = useLocation();
  const session = useQuery(sessionQuery);
  const open = OPEN.includes(pathname.replace(/\/$/, "") || "/console");
  const closed = session.data?.loginRequired === true && session.data.operator === null && !open;
  const name = session.data?.operator?.name;
  const last = useRef<string>(undefined);
  useLayoutEffect(() => {
    if (closed && last.current) keepDrafts(last.current);
    last.current = name;
  }, [closed, name]);
  useEffect(() => {
    if (closed) void navigate({ to: "/console/login", search: { back: href }, replace: true } as never);
  }, [closed, href, navigate]);
  return closed || (session.isPending && !open);
}

function SessionMenu() {
  const t = useWords(operatorTexts);
  const session = useSession();
  const signOut = useSignOut();
  if (!session?.loginRequired || !session.operator) return null;
  const { name, role } = session.operator;
  return (
    <>
      <Link to={"/console/account" as never} className={buttonClass("quiet", "small")}>
        <span className={s.barText}>{t("signedInAs", { name, role: t(role as Role) })}</span>
        <span className={s.barShort}>{name}</span>
      </Link>
      <Button look="quiet" size="small" disabled={signOut.isPending} onClick={() => signOut.mutate()}>
        {t("signOut")}
      </Button>
    </>
  );
}

export function Frame() {
  const t = useWords(texts);
  const c = useWords(common);
  const lang = useLang();
  const clock = useClock();
  const [open, setOpen] = useState(false);
  const location = useLocation();
  const [sheet, setSheet] = useShortcuts();
  const closed = useGate();
  useTitle(t("title"));
  const places: Place[] = [
    ...GROUPS.flatMap((group) => group.links.map(([to, name]) => ({ to, name: t(name) }))),
    { to: `/docs?lang=${lang}`, name: t("reference"), outside: true },
    { to: "/", name: t("store"), outside: true },
  ];
  const path = location.pathname;
  useEffect(() => {
    if (path) setOpen(false);
  }, [path]);
  return (
    <div className={s.frame}>
      <a className="skip" href="#main">
        {c("skip")}
      </a>
      <header className={s.bar}>
        <IconButton
          icon="menu"
          label={t("menu")}
          aria-expanded={open}
          className={s.menuButton}
          onClick={() => setOpen(!open)}
        />
        <Link to={"/console" as never} className={s.brand}>
          <Mark size={20} />
          <span>SWElite</span> <span className={s.brandSub}>{t("console")}</span>
        </Link>
        <Badge tone="warn">{t("test")}</Badge>
        <button type="button" className={s.finder} onClick={() => setSheet("palette")}>
          <Icon name="search" />
          <span>{t("palette")}</span>
          <kbd>Ctrl K</kbd>
        </button>
        <div className={s.barEnd} data-switches>
          <SessionMenu />
          <label className={s.zone}>
            <span className="visually-hidden">{t("time")}</span>
            <select className={ui.input} value={clock} onChange={(event) => setClock(event.target.value)}>
              {CLOCKS.map((one) => (
                <option key={one} value={one}>
                  {t(one)}
                </option>
              ))}
            </select>
          </label>
          <a href="/" className={`${buttonClass("quiet", "small")} ${s.toStore}`}>
            <Icon name="cart" /> <span className={s.barText}>{t("store")}</span>
          </a>
          <IconButton
            icon="keyboard"
            label={t("keysTitle")}
            className={s.wideOnly}
            onClick={() => setSheet("keys")}
          />
          <LanguageButton />
          <ThemeButton />
        </div>
      </header>
      <div className={s.railBox} data-open={open}>
        <Rail />
      </div>
      <main id="main" className={s.main} tabIndex={-1}>
        {closed ? <Loading rows={4} /> : <Outlet />}
      </main>
      {sheet && (
        <Suspense>
          {sheet === "palette" ? (
            <Palette places={places} onClose={() => setSheet(null)} />
          ) : (
            <Keys onClose={() => setSheet(null)} />
          )}
        </Suspense>
      )}
    </div>
  );
}

export function Missing() {
  const c = useWords(common);
  return (
    <div className={ui.state}>
      <h1>{c("notFound")}</h1>
      <p>{c("notFoundText")}</p>
      <Link to={"/console" as never} className={buttonClass()}>
        {c("home")}
      </Link>
    </div>
  );
}
