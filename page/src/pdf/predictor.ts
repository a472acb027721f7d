import { refuse } from "../errors.ts";
import type { Dict } from "./values.ts";

/** Undo the PNG predictors (ISO 32000-1, section 7.4.4.4). */
export function unpredict(data: Uint8Array, parameters: Dict | undefined): Uint8Array {
  const predictor = parameters?.get("Predictor") ?? 1;
  if (predictor === 1) return data;
  const [colors, bits, columns] = [
    ["Colors", 1],
    ["BitsPerComponent", 8],
    ["Columns", 1],
  ].map(([name, otherwise]) => parameters?.get(name as string) ?? otherwise) as number[];
  if (
    typeof predictor !== "number" ||
    predictor < 10 ||
    colors !== 1 ||
    bits !== 8 ||
    !(columns! > 0 && columns! < 65536)
  )
    refuse("a stream in the PDF has an unknown predictor");
  return unfilterPng(data, columns!);
}

function unfilterPng(data: Uint8Array, width: number): Uint8Array {
  const rows = Math.floor(data.length / (width + 1));
  const out = new Uint8Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const kind = data[row * (width + 1)]!;
    for (let x = 0; x < width; x++) {
      const at = row * width + x;
      const left = x > 0 ? out[at - 1]! : 0;
      const up = row > 0 ? out[at - width]! : 0;
      const corner = x > 0 && row > 0 ? out[at - width - 1]! : 0;
      out[at] = data[row * (width + 1) + 1 + x]! + predict(kind, left, up, corner);
    }
  }
  return out;
}

function predict(kind: number, left: number, up: number, corner: number): number {
  if (kind === 0) return 0;
  if (kind === 1) return left;
  if (kind === 2) return up;
  if (kind === 3) return (left + up) >> 1;
  if (kind !== 4) refuse("a stream in the PDF has an unknown predictor");
  const [a, b, c] = [left, up, corner].map((one) => Math.abs(left + up - corner - one)) as [
    number,
    number,
    number,
  ];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
