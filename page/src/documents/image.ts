import decodeQR from "qr/decode.js";
import { refuse } from "../errors.ts";

export const IMAGE_SIZE_MAX = 32 * 1024 * 1024;
const PIXELS_MAX = 64_000_000;
/** Sides, in pixels, at which a code is looked for; larger pictures are made smaller. */
const SIDES = [3000, 1400, 700];
/** Codes of one picture; more are not looked for. */
const CODES_MAX = 8;
/** Milliseconds for a first code, and for those beside it. */
const FIRST_MS_MAX = 3000;
const NEXT_MS_MAX = 600;
const PNG = [0x89, 0x50, 0x4e, 0x47];

interface Point {
  x: number;
  y: number;
}

const isPng = (bytes: Uint8Array): boolean => PNG.every((one, at) => bytes[at] === one);

/** The texts of all QR codes in a picture; its size is read from its head before it is decoded. */
export async function readCodes(bytes: Uint8Array): Promise<string[]> {
  if (bytes.length > IMAGE_SIZE_MAX) refuse(`the picture has more than ${IMAGE_SIZE_MAX} bytes`);
  const [width, height] = isPng(bytes) ? sizeOfPng(bytes) : sizeOfJpeg(bytes);
  if (!(width * height > 0 && width * height <= PIXELS_MAX))
    refuse(`the picture has more than ${PIXELS_MAX} pixels, or none`);
  const bitmap = await decodePicture(bytes);
  const longest = Math.max(bitmap.width, bitmap.height);
  const scales = new Set(SIDES.map((side) => Math.min(1, side / longest)));
  const texts = new Set<string>();
  const covered: Point[][] = [];
  for (const scale of scales) findCodes(bitmap, scale, texts, covered);
  return [...texts];
}

async function decodePicture(bytes: Uint8Array): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(new Blob([Uint8Array.from(bytes)]));
  } catch {
    return refuse("the picture is damaged");
  }
}

/** Finds codes one by one: each that was read is covered, so that the next one is seen. */
function findCodes(
  bitmap: ImageBitmap,
  scale: number,
  texts: Set<string>,
  covered: Point[][],
): void {
  const [width, height] = [bitmap.width, bitmap.height].map((one) =>
    Math.max(1, Math.round(one * scale)),
  ) as [number, number];
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (context === null) return;
  context.fillStyle = "#fff"; // what is transparent in the picture is white on paper
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0, width, height);
  for (const outline of covered) cover(context, outline, scale);
  while (covered.length < CODES_MAX) {
    let outline: Point[] = [];
    const text = decode(context.getImageData(0, 0, width, height), texts.size === 0, (points) => {
      outline = points.map(({ x, y }) => ({ x: x / scale, y: y / scale }));
    });
    if (text === null) return;
    texts.add(text);
    covered.push(outline);
    cover(context, outline, scale);
  }
}

function decode(
  image: ImageData,
  isFirst: boolean,
  onOutline: (points: Point[]) => void,
): string | null {
  try {
    return decodeQR(image, {
      timeLimit: isFirst ? FIRST_MS_MAX : NEXT_MS_MAX,
      pointsOnDetect: ({ outline }) => onOutline(outline),
    });
  } catch {
    return null;
  }
}

function cover(context: OffscreenCanvasRenderingContext2D, outline: Point[], scale: number): void {
  context.beginPath();
  for (const { x, y } of outline) context.lineTo(x * scale, y * scale);
  context.fill();
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function sizeOfPng(bytes: Uint8Array): [number, number] {
  if (bytes.length < 24) refuse("the picture is damaged");
  return [view(bytes).getUint32(16), view(bytes).getUint32(20)];
}

/** The frame header among a JPEG's segments (ITU-T T.81, section B.2.2). */
function sizeOfJpeg(bytes: Uint8Array): [number, number] {
  const data = view(bytes);
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
    const kind = bytes[at + 1]!;
    if (kind >= 0xc0 && kind <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(kind))
      return [data.getUint16(at + 7), data.getUint16(at + 5)];
    at += kind === 0xff ? 1 : 2 + data.getUint16(at + 2);
  }
  return refuse("the picture is damaged");
}
