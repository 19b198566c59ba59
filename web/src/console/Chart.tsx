/** A small line chart with a sentence and a table beside it: what it shows can be read without seeing it. */
import { type ReactNode, useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { ui } from "../ui/parts";
import { common } from "../ui/words";
import { time } from "../util/format";
import { useWords } from "../util/i18n";
import s from "./console.module.css";
import { useZone } from "./zone";

export interface Series {
  label: string;
  values: (number | null)[];
  dash?: number[];
  weight?: number;
  /** A token; the ink without it. */
  color?: string;
  fill?: boolean;
}

interface ChartProps {
  title: string;
  text: ReactNode;
  at: number[];
  series: Series[];
  show: (value: number) => string;
}

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Points are drawn only where a line cannot be: a value between two gaps. */
function lonely(plot: uPlot, series: number): number[] {
  const values = [...(plot.data[series] ?? [])];
  const isAlone = (index: number) =>
    values[index] != null && values[index - 1] == null && values[index + 1] == null;
  return [...values.keys()].filter(isAlone);
}

/** How much time a chart shows. */
const SECONDS = 300;

export function Chart({ title, text, at, series, show }: ChartProps) {
  const c = useWords(common);
  const zone = useZone();
  const zoneNow = useRef(zone);
  zoneNow.current = zone;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [table, setTable] = useState(false);
  const shape = JSON.stringify(series.map(({ values: _, ...line }) => line));
  const data = useRef<uPlot.AlignedData>([at]);
  data.current = [at, ...series.map((one) => one.values)] as uPlot.AlignedData;
  const shown = useRef(show);
  shown.current = show;

  useEffect(() => {
    const target = box.current;
    if (!target || table) return;
    const lines = JSON.parse(shape) as Omit<Series, "values">[];
    const options: uPlot.Options = {
      width: target.clientWidth || 400,
      height: 150,
      legend: { show: false },
      cursor: { y: false, points: { size: 5 } },
      scales: {
        x: { range: (_, __, max) => [max - SECONDS, max] },
        y: { range: (_, __, max) => [0, Math.max(max * 1.15, 4)] },
      },
      axes: [
        {
          stroke: color("--text-3"),
          grid: { show: false },
          ticks: { show: false },
          font: `11px ${color("--sans")}`,
          size: 22,
          space: 90,
          incrs: [60, 120, 300],
          values: (_, ticks) =>
            ticks.map((tick) =>
              time(new Date(tick * 1000).toISOString(), zoneNow.current, false).slice(11, 16),
            ),
        },
        {
          stroke: color("--text-3"),
          grid: { stroke: color("--line"), width: 1 },
          ticks: { show: false },
          font: `11px ${color("--sans")}`,
          size: 52,
          values: (_, ticks) => ticks.map((tick) => shown.current(tick)),
        },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          label: line.label,
          stroke: color(line.color ?? "--text"),
          fill: line.fill ? color("--sunken") : undefined,
          width: line.weight ?? 1.5,
          dash: line.dash,
          points: { show: true, filter: lonely, size: 4, fill: color(line.color ?? "--text") },
          spanGaps: false,
        })),
      ],
    };
    const made = new uPlot(options, data.current, target);
    plot.current = made;
    const resize = new ResizeObserver(() => made.setSize({ width: target.clientWidth, height: 150 }));
    resize.observe(target);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [shape, table]);
  useEffect(() => {
    plot.current?.setData(data.current);
  });

  return (
    <section className={s.chart} aria-label={title}>
      <div className={s.chartHead}>
        <h2>{title}</h2>
        <p>{text}</p>
        {series.length > 1 && (
          <ul className={s.legend}>
            {series.map((one) => (
              <li key={one.label}>
                <svg width="18" height="8" aria-hidden="true">
                  <line
                    x1="0"
                    x2="18"
                    y1="4"
                    y2="4"
                    stroke={`var(${one.color ?? "--text"})`}
                    strokeWidth={one.weight ?? 1.5}
                    strokeDasharray={one.dash?.join(" ")}
                  />
                </svg>
                {one.label}
              </li>
            ))}
          </ul>
        )}
        <button type="button" className={s.toggle} aria-pressed={table} onClick={() => setTable(!table)}>
          {c(table ? "chart" : "table")}
        </button>
      </div>
      {table ? (
        <table className={ui.table}>
          <thead>
            <tr>
              <th scope="col">{title}</th>
              {series.map((one) => (
                <th key={one.label} scope="col" className={ui.number}>
                  {one.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {at
              .map((second, index) => ({ second, index }))
              .slice(-8)
              .reverse()
              .map(({ second, index }) => (
                <tr key={second}>
                  <th scope="row">{time(new Date(second * 1000).toISOString(), zone, false).slice(11)}</th>
                  {series.map((one) => {
                    const value = one.values[index];
                    return (
                      <td key={one.label} className={ui.number}>
                        {value === null || value === undefined ? c("unknown") : show(value)}
                      </td>
                    );
                  })}
                </tr>
              ))}
          </tbody>
        </table>
      ) : (
        <div ref={box} className={s.plot} aria-hidden="true" />
      )}
    </section>
  );
}
