/** Entries as T-accounts: debits left, credits right, and a sum that is worked out here, not believed. */
import type { Schemas } from "../api/client";
import { useAccountName } from "../util/accounts";
import { amount } from "../util/format";
import { useWords } from "../util/i18n";
import { cs, EntryLink } from "./parts";
import { texts } from "./words";

type Entry = Schemas["JournalEntry"];

interface Side {
  entry: string;
  amount: number;
}

interface Account {
  code: number;
  name: string;
  owner?: string | null;
  currency: string;
  debits: Side[];
  credits: Side[];
}

function keyOf({ code, owner, currency }: Pick<Account, "code" | "owner" | "currency">): string {
  return `${code}/${owner ?? ""}/${currency}`;
}

/** The accounts that entries touch, in the order in which they are touched. */
export function accountsOf(entries: Entry[], layer: string): Account[] {
  const accounts = new Map<string, Account>();
  const of = (ref: Entry["postings"][number]["debit"]) => {
    const { code, name, owner, currency } = ref;
    const known = accounts.get(keyOf(ref)) ?? { code, name, owner, currency, debits: [], credits: [] };
    accounts.set(keyOf(ref), known);
    return known;
  };
  for (const entry of entries) {
    for (const posting of entry.postings.filter((one) => one.layer === layer)) {
      of(posting.debit).debits.push({ entry: entry.id, amount: posting.amount });
      of(posting.credit).credits.push({ entry: entry.id, amount: posting.amount });
    }
  }
  return [...accounts.values()];
}

export function sum(sides: Side[]): number {
  return sides.reduce((total, side) => total + side.amount, 0);
}

function Cell({ side, currency }: { side?: Side; currency: string }) {
  return (
    <td>
      {side && (
        <>
          <EntryLink id={side.entry} /> {amount(side.amount, currency)}
        </>
      )}
    </td>
  );
}

function One({ account }: { account: Account }) {
  const t = useWords(texts);
  const nameOf = useAccountName();
  const rows = Math.max(account.debits.length, account.credits.length);
  const [debit, credit] = [sum(account.debits), sum(account.credits)];
  return (
    <section className={cs.tAccount}>
      <h3>
        {account.code} {nameOf(account.name)} {account.owner && `· ${account.owner}`}
      </h3>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("debit")}</th>
            <th scope="col">{t("credit")}</th>
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: rows }, (_, index) => (
            <tr key={index}>
              <Cell side={account.debits[index]} currency={account.currency} />
              <Cell side={account.credits[index]} currency={account.currency} />
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <td>{debit >= credit ? amount(debit - credit, account.currency) : ""}</td>
            <td>{credit > debit ? amount(credit - debit, account.currency) : ""}</td>
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

export function TAccounts({ entries, layer }: { entries: Entry[]; layer: "POSTED" | "HOLD" }) {
  const t = useWords(texts);
  const accounts = accountsOf(entries, layer);
  if (accounts.length === 0) return <p className={cs.lead}>{t("noEntries")}</p>;
  const currency = accounts[0]?.currency ?? "KRW";
  const debit = accounts.reduce((total, account) => total + sum(account.debits), 0);
  const credit = accounts.reduce((total, account) => total + sum(account.credits), 0);
  return (
    <div>
      <div className={cs.accounts}>
        {accounts.map((account) => (
          <One key={keyOf(account)} account={account} />
        ))}
      </div>
      <p className={cs.sum}>
        {debit === credit
          ? t("sumEqual", { amount: amount(debit, currency) })
          : t("sumDiffer", { debit: amount(debit, currency), credit: amount(credit, currency) })}
      </p>
    </div>
  );
}
