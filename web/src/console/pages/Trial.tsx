/** The trial balance, and the proofs that trust nothing. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { api, data, type Schemas } from "../../api/client";
import { Badge, Button, Field, Notice, TableWrap, ui } from "../../ui/parts";
import { said } from "../../ui/said";
import { Failure, Loaded } from "../../ui/states";
import { useAccountName } from "../../util/accounts";
import { csv, download } from "../../util/csv";
import { amount, duration, grouped, time } from "../../util/format";
import { useLang, useWords } from "../../util/i18n";
import { cs, Head, Rows } from "../parts";
import { useRoleReason } from "../session";
import { type TextKey, texts } from "../words";
import { useZone } from "../zone";

type Trial = Schemas["TrialBalance"];
type Report = Schemas["ProofReport"];

function take(trial: Trial) {
  const rows = trial.currencies.flatMap((one) =>
    one.accounts.map((line) => [
      one.currency,
      line.code,
      line.name,
      line.type,
      line.debit,
      line.credit,
      line.balance,
    ]),
  );
  download(
    "trial-balance.csv",
    csv(["currency", "code", "name", "type", "debit", "credit", "balance"], rows),
  );
}

function Balance({ trial }: { trial: Trial }) {
  const t = useWords(texts);
  const nameOf = useAccountName();
  const zone = useZone();
  return (
    <div className={cs.stack}>
      <Notice tone={trial.balanced ? "ok" : "bad"} role={trial.balanced ? undefined : "alert"}>
        <p>
          {t(trial.balanced ? "balanced" : "unbalanced")}{" "}
          <span className={cs.time}>{t("asOf", { time: time(trial.asOf, zone, false) })}</span>
        </p>
        {!trial.complete && <p>{t("incomplete")}</p>}
      </Notice>
      {trial.currencies.length === 0 && <p className={cs.lead}>{t("nothingYet")}</p>}
      {trial.currencies.map((one) => (
        <TableWrap key={one.currency} label={`${t("trialTitle")} ${one.currency}`}>
          <table className={`${ui.table} ${cs.rows} ${cs.balances}`}>
            <caption className="visually-hidden">
              {t("trialTitle")} {one.currency}
            </caption>
            <thead>
              <tr>
                <th scope="col">
                  {t("account")} ({one.currency})
                </th>
                <th scope="col">{t("kind")}</th>
                <th scope="col" className={ui.number}>
                  {t("debit")}
                </th>
                <th scope="col" className={ui.number}>
                  {t("credit")}
                </th>
                <th scope="col" className={ui.number}>
                  {t("balance")}
                </th>
              </tr>
            </thead>
            <tbody>
              {one.accounts.map((line) => (
                <tr key={line.code}>
                  <th scope="row">
                    {line.code} {nameOf(line.name)}
                  </th>
                  <td>{t(`k_${line.type}` as TextKey)}</td>
                  <td className={ui.number}>{amount(line.debit, one.currency)}</td>
                  <td className={ui.number}>{amount(line.credit, one.currency)}</td>
                  <td className={ui.number}>{amount(line.balance, one.currency)}</td>
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row" colSpan={2}>
                  {t("difference")} {amount(one.difference, one.currency)}
                </th>
                <td className={ui.number}>
                  <strong>{amount(one.debit, one.currency)}</strong>
                </td>
                <td className={ui.number}>
                  <strong>{amount(one.credit, one.currency)}</strong>
                </td>
                <td />
              </tr>
            </tfoot>
          </table>
        </TableWrap>
      ))}
    </div>
  );
}

function Found({ report }: { report: Report }) {
  const t = useWords(texts);
  const lang = useLang();
  const zone = useZone();
  return (
    <div className={cs.section}>
      <p className={cs.lead}>
        {t("lastRun", {
          time: time(report.startedAt, zone, false),
          mode: t(report.mode as TextKey),
          took: duration(report.seconds * 1000, lang),
        })}
      </p>
      <Rows
        label={t("proofs")}
        rows={report.proofs}
        id={(proof) => proof.name}
        columns={[
          {
            key: "says",
            title: t("proof"),
            prose: true,
            cell: (proof) => (
              <>
                <div>
                  {`proof_${proof.name}` in texts.ko ? t(`proof_${proof.name}` as TextKey) : proof.says}
                </div>
                <code>{proof.name}</code>
                {proof.findings.map((finding) => (
                  <div key={finding} className={ui.error}>
                    {said(finding, lang)}
                  </div>
                ))}
              </>
            ),
          },
          {
            key: "ok",
            title: t("state"),
            cell: (proof) => (
              <Badge tone={proof.ok ? "ok" : "bad"}>{t(proof.ok ? "proofHolds" : "proofBroken")}</Badge>
            ),
          },
          { key: "checked", title: t("checked"), number: true, cell: (proof) => grouped(proof.checked) },
          {
            key: "took",
            title: t("duration"),
            number: true,
            cell: (proof) => duration(proof.seconds * 1000, lang),
          },
        ]}
      />
      <h3>{t("where")}</h3>
      <ul className={cs.sentences}>
        {(Object.keys(report.events) as (keyof Report["events"])[]).map((key) => (
          <li key={key}>
            {t(`w_${key}` as TextKey)} {grouped(report.events[key])}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Proofs() {
  const t = useWords(texts);
  const client = useQueryClient();
  const refused = useRoleReason("operator");
  const key = ["ledger", "proofs"];
  const proofs = useQuery({
    queryKey: key,
    queryFn: () => data(api.GET("/ledger/proofs")),
    refetchInterval: 10_000,
  });
  const run = useMutation({
    mutationFn: (mode: "full" | "incremental") =>
      data(api.POST("/ledger/proofs", { params: { query: { mode } } })),
    onSuccess: (view) => client.setQueryData(key, view),
  });
  return (
    <section className={cs.section}>
      <div className={cs.head}>
        <div>
          <h2>{t("proofs")}</h2>
          <p className={cs.lead}>{t("proofsLead")}</p>
        </div>
        <div className={cs.headTools}>
          <Button disabled={run.isPending} disabledReason={refused} onClick={() => run.mutate("incremental")}>
            {t("runIncremental")}
          </Button>
          <Button
            look="primary"
            disabled={run.isPending}
            disabledReason={refused}
            onClick={() => run.mutate("full")}
          >
            {t(run.isPending ? "proving" : "runFull")}
          </Button>
        </div>
      </div>
      {run.isError && <Failure error={run.error} />}
      <Loaded query={proofs}>
        {(view) => (
          <div className={cs.stack} aria-live="polite">
            {!view.full && !view.incremental && <p className={cs.lead}>{t("proofNone")}</p>}
            {view.full && <Found report={view.full} />}
            {view.incremental && <Found report={view.incremental} />}
          </div>
        )}
      </Loaded>
    </section>
  );
}

/** `2026-11-22T10:00` as it is meant in Seoul. */
function moment(text: string): string | undefined {
  const at = Date.parse(`${text}:00+09:00`);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

export function TrialPage() {
  const t = useWords(texts);
  const navigate = useNavigate();
  const { asOf } = useSearch({ strict: false }) as { asOf?: string };
  const trial = useQuery({
    queryKey: ["ledger", "trial", asOf],
    queryFn: () =>
      data(
        api.GET("/ledger/trial-balance", { params: { query: { asOf: asOf ? moment(asOf) : undefined } } }),
      ),
    refetchInterval: asOf ? false : 5000,
  });
  return (
    <>
      <Head
        title={t("trialTitle")}
        command={{
          path: `/ledger/trial-balance${asOf ? `?asOf=${moment(asOf) ?? ""}` : ""}`,
          cli: `swelite ledger trial-balance${asOf ? ` --as-of ${moment(asOf) ?? ""}` : ""}`,
        }}
      >
        <Button size="small" icon="print" onClick={() => window.print()}>
          {t("print")}
        </Button>
        <Button
          size="small"
          icon="download"
          data-key="export"
          disabledReason={trial.data ? null : t("nothingYet")}
          onClick={() => trial.data && take(trial.data)}
        >
          CSV
        </Button>
      </Head>
      <div className={cs.lookUp}>
        <Field label={t("asOfField")}>
          {(control) => (
            <input
              {...control}
              type="datetime-local"
              value={asOf ?? ""}
              onChange={(event) =>
                void navigate({
                  to: "/console/ledger/trial-balance",
                  search: { asOf: event.target.value || undefined },
                  replace: true,
                } as never)
              }
            />
          )}
        </Field>
      </div>
      <div className={cs.stack}>
        <Loaded query={trial} rows={4}>
          {(found) => <Balance trial={found} />}
        </Loaded>
        <Proofs />
      </div>
    </>
  );
}
