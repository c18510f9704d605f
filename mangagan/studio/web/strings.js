// All visible text, in three languages with the same keys.

const TABLES = {
  en: {
    title: "mangagan studio", language: "Language", home: "All projects",
    drop: "Drop a page, CBZ, ZIP, PDF or CBR here, or choose a file", choose: "Choose a file", sending: "Sending {name}: {share} %",
    recent: "Projects", none: "There are no projects yet.", pages: "{done} of {total} pages", remove: "Remove", open: "Open",
    removeAsk: "Remove the project {name}? Its edits and results are deleted; files that you opened stay.",
    model: "Model: {name}", device: "on {name}", strip: "Pages", page: "Page {number}: {name}, {state}",
    todo: "to do", running: "at work", waiting: "waiting", done: "done", color: "in colour already", failed: "failed", edited: "edited",
    tools: "Tools", settings: "How pages are made", stageColor: "Colour", stageInpaint: "Inpaint", stageDenoise: "Denoise", stageRestore: "Restore",
    pan: "Move", point: "Dot of colour", stroke: "Stroke of colour", region: "Region of colour", flood: "Fill a region that ink encloses",
    dropper: "Take a colour from the page", brush: "Brush", eraser: "Eraser", lasso: "Lasso", rect: "Rectangle", restore: "Paint the original back",
    white: "fill with white", clear: "Clear the mask", invert: "Invert the mask", grow: "Grow the mask", size: "Size", softness: "Softness",
    colorOf: "Colour", swatches: "Swatches", addSwatch: "Add this colour", swatchName: "Name of the colour", lock: "locked",
    undo: "Undo", redo: "Redo", compare: "Original or result", holdOriginal: "Show the original (hold O)", fit: "Whole page", actual: "1:1",
    palette: "Palette", auto: "from the volume", noPalette: "none", fromPage: "from this page", fromSwatches: "the swatches", ink: "keep the page's ink",
    protect: "balloons and gutters stay white", workingSize: "Working size", asLines: "as the lines require", sigma: "Strength",
    blind: "This model finds the strength by itself.", denoiseOn: "clean pages first", inpaintOn: "fill masks", colorOn: "colour pages",
    noDenoise: "There is no model that cleans: start the studio with --denoise=RUN.",
    noInpaint: "There is no model that fills holes: start the studio with --inpaint=RUN. White works without one.",
    noHints: "This model takes no hints of colour.", run: "Make all pages", runPage: "Make this page", pause: "Pause", resume: "Go on", export: "Save the result",
    exportPage: "Save this page", exportLayers: "Save its layers", pauseAfter: "pause after", allPages: "no pause", nPages: "{count} pages", progress: "{done} of {total} pages",
    left: "about {seconds} s left", paused: "paused", finished: "finished", runFailed: "stopped: {reason}", command: "The same as a command", copy: "Copy",
    reading: "Reading", rtl: "right to left", ltr: "left to right", retry: "Try again", lost: "The studio does not answer. Is it still running?",
    keys: "B brush, E eraser, [ ] size, O original, Space to move, Ctrl+Z undo, arrows turn pages",
  },
  tr: {
    title: "mangagan stüdyo", language: "Dil", home: "Tüm projeler",
    drop: "Bir sayfayı, CBZ, ZIP, PDF veya CBR dosyasını buraya bırakın ya da seçin", choose: "Dosya seç", sending: "{name} gönderiliyor: %{share}",
    recent: "Projeler", none: "Henüz proje yok.", pages: "{total} sayfadan {done} tanesi", remove: "Kaldır", open: "Aç",
    removeAsk: "{name} projesi kaldırılsın mı? Düzenlemeler ve sonuçlar silinir; açtığınız dosyalar kalır.",
    model: "Model: {name}", device: "{name} üzerinde", strip: "Sayfalar", page: "Sayfa {number}: {name}, {state}",
    todo: "yapılacak", running: "işleniyor", waiting: "bekliyor", done: "bitti", color: "zaten renkli", failed: "başarısız", edited: "düzenlendi",
    tools: "Araçlar", settings: "Sayfalar nasıl yapılır", stageColor: "Renk", stageInpaint: "Doldurma", stageDenoise: "Temizleme", stageRestore: "Geri alma",
    pan: "Taşı", point: "Renk noktası", stroke: "Renk çizgisi", region: "Renk bölgesi", flood: "Mürekkebin çevrelediği bölgeyi doldur",
    dropper: "Sayfadan renk al", brush: "Fırça", eraser: "Silgi", lasso: "Kement", rect: "Dikdörtgen", restore: "Özgün sayfayı geri boya",
    white: "beyazla doldur", clear: "Maskeyi temizle", invert: "Maskeyi ters çevir", grow: "Maskeyi büyüt", size: "Boyut", softness: "Yumuşaklık",
    colorOf: "Renk", swatches: "Renk örnekleri", addSwatch: "Bu rengi ekle", swatchName: "Rengin adı", lock: "kilitli",
    undo: "Geri al", redo: "Yinele", compare: "Özgün veya sonuç", holdOriginal: "Özgünü göster (O tuşu)", fit: "Tüm sayfa", actual: "1:1",
    palette: "Palet", auto: "ciltten", noPalette: "yok", fromPage: "bu sayfadan", fromSwatches: "renk örnekleri", ink: "sayfanın mürekkebi kalsın",
    protect: "balonlar ve boşluklar beyaz kalsın", workingSize: "Çalışma boyutu", asLines: "çizgilere göre", sigma: "Güç",
    blind: "Bu model gücü kendisi bulur.", denoiseOn: "önce sayfaları temizle", inpaintOn: "maskeleri doldur", colorOn: "sayfaları renklendir",
    noDenoise: "Temizleyen model yok: stüdyoyu --denoise=RUN ile başlatın.",
    noInpaint: "Boşluk dolduran model yok: stüdyoyu --inpaint=RUN ile başlatın. Beyaz, modelsiz de çalışır.",
    noHints: "Bu model renk ipucu almaz.", run: "Tüm sayfaları yap", runPage: "Bu sayfayı yap", pause: "Duraklat", resume: "Sürdür", export: "Sonucu kaydet",
    exportPage: "Bu sayfayı kaydet", exportLayers: "Katmanları kaydet", pauseAfter: "şundan sonra dur", allPages: "durmadan", nPages: "{count} sayfa", progress: "{total} sayfadan {done} tanesi",
    left: "yaklaşık {seconds} sn kaldı", paused: "duraklatıldı", finished: "bitti", runFailed: "durdu: {reason}", command: "Komut olarak", copy: "Kopyala",
    reading: "Okuma", rtl: "sağdan sola", ltr: "soldan sağa", retry: "Yeniden dene", lost: "Stüdyo yanıt vermiyor. Hâlâ çalışıyor mu?",
    keys: "B fırça, E silgi, [ ] boyut, O özgün, taşımak için boşluk, Ctrl+Z geri al, oklar sayfa çevirir",
  },
  ja: {
    title: "mangagan スタジオ", language: "言語", home: "すべてのプロジェクト",
    drop: "ページ、CBZ、ZIP、PDF、CBR をここにドロップするか、ファイルを選んでください", choose: "ファイルを選ぶ", sending: "{name} を送信中: {share} %",
    recent: "プロジェクト", none: "プロジェクトはまだありません。", pages: "{total} ページ中 {done} ページ", remove: "削除", open: "開く",
    removeAsk: "プロジェクト {name} を削除しますか? 編集と結果は消えます。開いたファイルは残ります。",
    model: "モデル: {name}", device: "{name}", strip: "ページ", page: "ページ {number}: {name}、{state}",
    todo: "未処理", running: "処理中", waiting: "待機中", done: "完了", color: "すでにカラー", failed: "失敗", edited: "編集済み",
    tools: "ツール", settings: "ページの作り方", stageColor: "彩色", stageInpaint: "穴埋め", stageDenoise: "ノイズ除去", stageRestore: "復元",
    pan: "移動", point: "色の点", stroke: "色の線", region: "色の領域", flood: "線で囲まれた領域を塗る",
    dropper: "ページから色を取る", brush: "ブラシ", eraser: "消しゴム", lasso: "なげなわ", rect: "四角形", restore: "元のページを塗り戻す",
    white: "白で埋める", clear: "マスクを消す", invert: "マスクを反転", grow: "マスクを広げる", size: "サイズ", softness: "ぼかし",
    colorOf: "色", swatches: "色見本", addSwatch: "この色を追加", swatchName: "色の名前", lock: "固定",
    undo: "元に戻す", redo: "やり直す", compare: "元のページと結果", holdOriginal: "元のページを表示 (O キー)", fit: "全体", actual: "1:1",
    palette: "パレット", auto: "巻から", noPalette: "なし", fromPage: "このページから", fromSwatches: "色見本", ink: "ページの線を保つ",
    protect: "吹き出しとコマ間は白のまま", workingSize: "処理サイズ", asLines: "線に合わせる", sigma: "強さ",
    blind: "このモデルは強さを自分で決めます。", denoiseOn: "先にノイズを除く", inpaintOn: "マスクを埋める", colorOn: "彩色する",
    noDenoise: "ノイズ除去のモデルがありません。--denoise=RUN を付けて起動してください。",
    noInpaint: "穴埋めのモデルがありません。--inpaint=RUN を付けて起動してください。白はモデルなしで使えます。",
    noHints: "このモデルは色のヒントを使いません。", run: "全ページを処理", runPage: "このページを処理", pause: "一時停止", resume: "再開", export: "結果を保存",
    exportPage: "このページを保存", exportLayers: "レイヤーを保存", pauseAfter: "停止まで", allPages: "停止しない", nPages: "{count} ページ", progress: "{total} ページ中 {done} ページ",
    left: "残り約 {seconds} 秒", paused: "一時停止中", finished: "完了", runFailed: "停止: {reason}", command: "同じことをするコマンド", copy: "コピー",
    reading: "読む方向", rtl: "右から左", ltr: "左から右", retry: "もう一度", lost: "スタジオが応答しません。まだ動いていますか?",
    keys: "B ブラシ、E 消しゴム、[ ] サイズ、O 元のページ、スペースで移動、Ctrl+Z 元に戻す、矢印でページをめくる",
  },
};

export const languages = [["en", "English"], ["tr", "Türkçe"], ["ja", "日本語"]];

export function language() {
  const chosen = localStorage.getItem("language") || navigator.language.slice(0, 2);
  return chosen in TABLES ? chosen : "en";
}

export function setLanguage(code) {
  localStorage.setItem("language", code);
}

export function t(key, values = {}) {
  const text = TABLES[language()][key];
  if (text === undefined) throw new Error(`there is no text ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
