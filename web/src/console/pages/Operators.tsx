/** Who may run the platform, for admins. Links and tokens are shown once. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, data, type Schemas } from "../../api/client";
import { Badge, Button, Copy, Field, Notice, type Tone, ui } from "../../ui/parts";
import { Empty, Failure, Loaded } from "../../ui/states";
import { useWords } from "../../util/i18n";
import { operatorTexts } from "../operatorWords";
import { Ago, cs, Head, Rows } from "../parts";
import { ROLES, type Role, useRoleReason, useSession } from "../session";

type Operator = Schemas["Operator"];
type State = "INVITED" | "ACTIVE" | "DISABLED";
type Shown = { said: string; secret?: string };
const TONES: Record<State, Tone> = { INVITED: "wait", ACTIVE: "ok", DISABLED: "muted" };

const at = (name: string) => ({ params: { path: { name } } });

function useChange(show: (shown: Shown) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (work: () => Promise<Shown>) => work(),
    onSuccess: show,
    onSettled: () => void client.invalidateQueries({ queryKey: ["operators"] }),
  });
}

function Add({ run }: { run: (work: () => Promise<Shown>) => void }) {
  const t = useWords(operatorTexts);
  const refused = useRoleReason("admin");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("viewer");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (refused) return;
    run(async () => {
      const added = await data(api.POST("/operators", { body: { name: name.trim(), role } }));
      setName("");
      return {
        said: t("added", { name: added.operator.name }),
        secret: `${location.origin}${added.link}`,
      };
    });
  };
  return (
    <form className={cs.filterRow} onSubmit={submit}>
      <Field label={t("name")}>
        {(control) => (
          <input
            {...control}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            maxLength={64}
            pattern="[A-Za-z0-9._@\-]+"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      <Field label={t("role")}>
        {(control) => (
          <select {...control} value={role} onChange={(event) => setRole(event.target.value as Role)}>
            {ROLES.map((one) => (
              <option key={one} value={one}>
                {t(one)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Button type="submit" look="primary" disabledReason={refused}>
        {t("add")}
      </Button>
    </form>
  );
}

function Acts({ operator, run }: { operator: Operator; run: (work: () => Promise<Shown>) => void }) {
  const t = useWords(operatorTexts);
  const refused = useRoleReason("admin");
  const name = operator.name;
  const disabled = operator.state === "DISABLED";
  const button = (act: string, work: () => Promise<Shown>, danger = false) => (
    <Button
      size="small"
      look={danger ? "danger" : undefined}
      aria-label={t("actOn", { name, act })}
      disabledReason={refused}
      onClick={() => run(work)}
    >
      {act}
    </Button>
  );
  const change = (body: { disabled: boolean }) => async () => {
    await data(api.PUT("/operators/{name}", { ...at(name), body }));
    return { said: t("done") };
  };
  return (
    <span className={cs.actions}>
      {!disabled &&
        button(t("newLink"), async () => {
          const made = await data(api.POST("/operators/{name}/link", { ...at(name), body: {} }));
          return { said: t("linkFor", { name }), secret: `${location.origin}${made.link}` };
        })}
      {operator.state === "ACTIVE" &&
        button(t("newToken"), async () => {
          const made = await data(api.POST("/operators/{name}/tokens", { ...at(name), body: { days: 30 } }));
          return { said: t("tokenFor", { name }), secret: made.token };
        })}
      {operator.tokens > 0 &&
        button(t("endTokens"), async () => {
          await data(api.DELETE("/operators/{name}/tokens", at(name)));
          return { said: t("done") };
        })}
      {disabled
        ? button(t("enable"), change({ disabled: false }))
        : button(t("disable"), change({ disabled: true }), true)}
    </span>
  );
}

export function OperatorsPage() {
  const t = useWords(operatorTexts);
  const session = useSession();
  const refused = useRoleReason("admin");
  const [shown, setShown] = useState<Shown | null>(null);
  const change = useChange(setShown);
  const operators = useQuery({
    queryKey: ["operators", session?.operator?.role],
    queryFn: () => data(api.GET("/operators")),
    refetchInterval: (query) => (query.state.error ? false : 10_000),
  });
  const run = (work: () => Promise<Shown>) => {
    setShown(null);
    change.mutate(work);
  };
  const setRole = (name: string, role: Role) =>
    run(async () => {
      await data(api.PUT("/operators/{name}", { ...at(name), body: { role } }));
      return { said: t("done") };
    });
  return (
    <>
      <Head title={t("operators")} lead={t("operatorsLead")} />
      <Loaded query={operators}>
        {({ data: rows }) => (
          <div className={cs.stack}>
            <Add run={run} />
            <div role="status">
              {shown && (
                <Notice tone="ok">
                  {shown.said} {shown.secret && <Copy text={shown.secret} full />}
                </Notice>
              )}
            </div>
            {change.isError && <Failure error={change.error} />}
            {rows.length === 0 ? (
              <Empty title={t("noOperators")}>{!session?.loginRequired && <p>{t("noLogin")}</p>}</Empty>
            ) : (
              <Rows
                label={t("operators")}
                rows={rows}
                id={(row) => row.name}
                columns={[
                  {
                    key: "name",
                    title: t("name"),
                    cell: (row) => <span className={cs.longName}>{row.name}</span>,
                  },
                  {
                    key: "role",
                    title: t("role"),
                    cell: (row) => (
                      <select
                        className={ui.input}
                        aria-label={t("roleOf", { name: row.name })}
                        value={row.role}
                        disabled={refused !== null || change.isPending}
                        onChange={(event) => setRole(row.name, event.target.value as Role)}
                      >
                        {ROLES.map((one) => (
                          <option key={one} value={one}>
                            {t(one)}
                          </option>
                        ))}
                      </select>
                    ),
                  },
                  {
                    key: "state",
                    title: t("state"),
                    cell: (row) => <Badge tone={TONES[row.state as State]}>{t(row.state as State)}</Badge>,
                  },
                  {
                    key: "used",
                    title: t("lastUsed"),
                    cell: (row) => (row.lastUsedAt ? <Ago at={row.lastUsedAt} /> : t("never")),
                  },
                  { key: "sessions", title: t("sessions"), number: true, cell: (row) => row.sessions },
                  { key: "tokens", title: t("tokens"), number: true, cell: (row) => row.tokens },
                  { key: "acts", title: t("acts"), cell: (row) => <Acts operator={row} run={run} /> },
                ]}
              />
            )}
          </div>
        )}
      </Loaded>
    </>
  );
}
