"""Everyday words of Indonesian and English, places and brands. Lower case."""

from __future__ import annotations

from app.nova.vocabulary import word_set

COMMON_WORDS = word_set(
    """
    able absent accountant active actor adult afraid agent agree allergic alone amazed american
    angry annoyed anxious arab artist ashamed asian asleep australian available awake aware away
    awesome awful back bad baker balinese bankrupt batak beautiful behind best better big blind
    blocked bored boy brazilian british broke broken brother browsing buddhist busy buyer calm
    canadian careful catholic cautious certain cheap chef chinese christian client close closed cold
    colleague comfortable coming complete concerned confident confused cool courier crazy curious
    customer dad daughter dead deaf dear delighted depressed desperate developer diabetic disabled
    disappointed disgusted dizzy doctor done doubtful down driver drunk dumb dutch early employee
    empty engaged engineer english enough european excited exhausted expert father farmer fed female
    filipino fine finished first fit flexible florist free freelancer french friend friendly
    frustrated full fun fund funny furious game gay german girl glad gone good great grateful guest
    guilty guy happy healthy heading help helpful high hindu hit home homeless honest honored hot
    hungry hurry hurt husband idle ill impatient impressed incomplete indian indonesian innocent
    inside interested invoice italian japanese javanese jealous jewish job joke jobless journalist
    junior keen kid kidding kind korean late later lawyer lazy leader learner leaving left lesbian
    live loading local locked lonely looking lost lovely loyal lucky mad maid male malaysian man
    manager married me mechanic member merchant mom monday mother moving muslim musician myself
    nearby neighbor nervous new newbie next nice nobody nobody's normal nothing nurse odd off
    offline old online open order out outside over overseas overwhelmed owner package parent partner
    patient payment perfect picture pilot pleased police polite poor positive pregnant president
    pretty private product professional programmer proud quiet ready real refund relieved reseller
    retired rich sad safe sales satisfied scam scared scientist secretary self seller senior serious
    sick silly singaporean single sister skeptical sleepy slow small smart smoker software somebody
    someone something son sore sorry spam speechless staff starving strange stressed strong stuck
    student stupid subscriber sunday supplier support sure surprised survivor teacher team tech
    technician terrible terrified test tester testing thai there thirsty thrilled tired today
    together tomorrow tonight tourist tough trader traveler trouble true trying twice ugly unable
    unavailable uncomfortable unemployed unhappy unsure unwell upset urgent used useless user vegan
    vegetarian vendor very veteran vietnamese vip visitor visiting volunteer vs waiter waiting warm
    weak wealthy weird welcome white widow wife willing winner woman wonderful worker worried worse
    worth writer yesterday young tuesday wednesday thursday friday saturday january february march
    april june july august september october november december weekend noon midnight morning
    afternoon evening night crap insane maybe asap anytime directly immediately number phone office
    delivery shipping shop store bank company business service account address complaint question
    request proof receipt photo video file document link message chat emergency feedback reminder
    example sample everything anything issue problem error bug fact idea reason way place time thing
    stuff part end start begin batman superman legend taxi cab idiot fool liar names name's darling
    honey baby babe sweetheart boss bot robot human person people alive dying divorced color size
    price discount promo sale cash credit london paris tokyo singapore malaysia australia england
    america japan china korea india thailand vietnam europe asia africa acme google whatsapp wa ig
    instagram facebook tiktok twitter telegram shopee tokopedia tokped lazada bukalapak gojek grab
    gopay ovo dana bca bri bni mandiri bsi jne jnt sicepat anteraja ninja dhl fedex youtube email
    gmail hp cod tf ceo cto hrd hr csr it qa abadi abis abu acara aduan adik agak agama agamis agen
    ahli aki akademisi aktif akun alergi aman ambil anak anakmu ancam aneh anggota antar antri
    apoteker arsitek artis asing asisten atasan atlet awam ayah bagian bahagia bahas bahasa baik
    baik-baik bakal balas balik balita bangga bangkrut bangun bantu bapaknya barang barangnya baru
    basah batal bayar bayi bebas beda begadang bekas bela belajar beli belok bendahara bengkel benci
    beneran berangkat berani berat beres berita besar betah betulan biasa bidan bingung bisnis bisu
    bodoh bohong boleh bohongan bolak bongkar bonus booking bosan bosen botak brosur buang buka
    bukti bunda buru-buru buruh buruk buta butuh cacat calon camat cancel cantik cape capek cari cek
    cemas cemburu cepat cerai cerdas cerita checkout cinta cicil cocok coret curhat curiga cuti
    daftar dagang daerah dapur data datang debat demam deg-degan demo dendam desa deket dekat depan
    depresi desain desainer detail dewasa diam diare diskon dokter dosen dosa duda dua duduk duluan
    duta edit ekonomi emosi enak etalase fans foto fokus freelance ga gabung gagal gagap galak galau
    gampang ganggu ganteng gaptek garansi gelisah gelap gembira gemuk gendut gerah geram gila gratis
    grogi grup guru habis hafal halal hamil hampir handphone hancur hapus hati harga hebat heran
    hadir hidup hijau hilang hitung hobi hujan hukum iba ibunya iklan ikhlas ikut imigran indo
    indonesia info ingat inget insinyur instal isi islam istri isteri izin jaga jago jalan janda
    jaringan jarang jatuh jauh jawa jawab jelas jemput jengkel jemaat jenuh jera jerawatan jualan
    jual jujur jomblo jurnalis kabar kaget kagum kakaknya kalah kampung kandidat kangen kantor kapok
    karyawan karyawati kasar kasir kasihan katolik kaya kebetulan kecewa kecil kedua kehilangan
    kehujanan kejebak keluar keluarga kelas keluhan kemari kembali kena kenal kepala kepepet
    keponakan keracunan keras keren kerja kesal kesel ketiga ketinggalan ketua kesepian khawatir
    khilaf kirim klaim klien klik koki komplain konfirmasi konsultan konsumen kontak kontra
    koordinator korban kos kost kotor kristen kritis kuat kuatir kucing kuliah kulit kuli kurir
    kupon kurus kuota laki laki-laki lah lambat lancar lansia lanjut lapar laper lapor laporan lelah
    lelaki lemah lemas lembur lengkap lewat libur lihat liat lolos login logout lokasi luar lucu
    luka lulus lulusan lumayan lumpuh lunas lupa mabuk macet mahal mahasiswa mahasiswi main majikan
    makan maksa malah malas males malu mama mamah mami mampir mampu mandi mandor manajer manja
    mantan mantap marah mari masalah masuk masak masyarakat mati mantul matur menang mending
    mengerti menunggu menyesal merasa merah merinding mertua mesan mesin miskin minggu minum misi
    mitra mobil model modal motor muak mual muda mudah mukena mules mulai mundur murah murid musisi
    nabung naik nanya nangis nasabah nawar negara nelayan nenek kakek nganggur ngantuk ngerti nggak
    ngomong ngikut nikah nihil niat nomor nomer nonaktif nongkrong nonton numpang nunggu nyaman
    nyari nyasar nyesel nyoba obat ojek ojol olah operator optimis orderan oreng ortu oleh-oleh
    pacar pacarnya paham pakar paket paketnya panas pamit panik pasang pasien pasrah papa papah
    pasangan pasti patah patuh pegal pegawai pekerja pelajar pelanggan pelatih pelit pemain pembeli
    pembantu pemilik pemesan pemula penasaran penting penakut pencari pendatang pendek penerima
    pengacara pengangguran pengen pengguna pengusaha penipu penipuan penjual penonton pensiun
    pensiunan penuh penulis penyanyi perancang perawat perbaiki percaya perempuan pergi perihal
    perlu permisi pesan pesen pesanan petani petugas peduli perantau perumahan pilih pindah pindahan
    pintar pinter pinjam polisi pos pribadi pria protes puas puasa pulang pulsa pura-pura pusing
    pusat putus ragu rajin ramai rame rapat rasa regis registrasi rekan rekening rela resah resign
    restoran resmi ribet ribut rindu risih riset rugi rumah rusak saat sabar sadar sakit saksi saldo
    salut sama sampe samping sampah sanggup santai santri sayang sayangnya sebal sebel sedih segan
    sehat sejahtera sekarat sekolah sekretaris selesai selingkuh sempat semangat sembuh semester
    senang seneng sendiri sendirian seniman sensitif sepakat sepele sepi sepupu serahkan seru serius
    sesuai setuju setor sewa siap sibuk sial simpan simpel sini siswa siswi skripsi solusi sopan
    sopir supir stok stres stress suami suka sulit sunda suka-suka suntuk surat susah syok tahu taat
    tabah takjub takut tamat tambah tamu tanda tanggung tanya tau taruh tawar tega tegang teknisi
    telat teliti telepon telpon telp tersinggung teman temen tenang tempat tenaga tentara terharu
    terkejut terlambat terkirim tertarik tertipu terpaksa tes tetangga tetap tinggi tiba tidur tim
    tipu titip toko tolak top tua tuan tukang tulis tulus tunggu tunda tunai turis turun turut uang
    ulang udang umum undang undangan urus usaha usul utama utang wali wanita warga warna wartawan
    wirausaha wna wni yakin yatim zakat kartu transfer transferan alat gambar tampilan lampiran
    jawaban pertanyaan kiriman titipan contoh soal kode resi nota kuitansi kwitansi struk faktur
    mengapa lagu film judul buku aplikasi web website jakarta bandung surabaya semarang medan
    makassar palembang depok bekasi tangerang bogor jogja yogyakarta yogya malang solo surakarta
    denpasar bali lombok aceh padang riau pekanbaru jambi lampung bengkulu pontianak samarinda
    balikpapan banjarmasin manado ambon papua sumatra sumatera kalimantan sulawesi jateng jatim
    jabar banten madura betawi melayu minang tionghoa cirebon tegal senin selasa rabu kamis jumat
    jum'at sabtu januari februari maret mei juni juli agustus oktober desember pagi siang petang
    malam subuh dini perusahaan instansi organisasi satu tiga empat lima enam tujuh delapan sembilan
    sepuluh jam pukul one two three four five six seven eight nine ten nowhere somewhere everywhere
    elsewhere anywhere whatever wherever whoever however otherwise therefore gemini aries taurus
    cancer virgo libra scorpio sagitarius capricorn aquarius pisces zodiak abroad addict aggressive
    alert ambitious ancient anonymous apart applicant arrogant asthmatic astonished atheist attorney
    author awkward balanced bald barista bartender biased bilingual bitter black blank blessed
    blonde blue bold boring brave brief bright brilliant brown bullied butcher captain carpenter
    cashier casual cheated checking cheerful chief child chill chubby citizen civil clean clear
    clever clueless clumsy coach common competent considerate constant content contractor cook
    correct crude cruel cute cyclist dancer dangerous dark decent dentist deep designer diet
    director dirty distant distinct drained dreadful dry dual due dull dumbfounded eager economist
    editor elderly electrician elegant embarrassed emotional entrepreneur envious equal ethnic even
    evil exact exotic expat extra fair fake false familiar famous fan fancy fast fat favorite
    feminine fierce final flat flattered foreign foreigner formal fragile frail frequent fresh
    frightened fucked gamer gardener generous gentle genuine genius giant gifted gross grumpy
    handsome hardworking harmless heavy helper hero hesitant historic hopeless horrible horrified
    host hostile housewife huge humble hybrid ideal ignorant immune impossible independent
    inexperienced infected injured insecure instructor intelligent intern introvert extrovert irish
    irritated israeli jet jetlagged joint jolly joyful judge kenyan knackered lame landlord large
    latin latino legal librarian light likely literal loose loud low mature mean medical mental
    mexican mild minor miserable missing mobile modern modest moody muddled mute naive naked narrow
    native natural nauseous neat negative neutral nigerian noisy numb nuts obese obvious offended
    official optimistic orphan outraged overdue overweight pakistani pale paralyzed paranoid
    particular passive pathetic peaceful pedestrian penniless permanent persistent personal
    pessimistic petite pharmacist photographer physician plain plumber polish portuguese possible
    postal posh practical precious previous primary principal prior producer prompt proper psychic
    psychologist public pure puzzled qualified queer quick racist radical random rare rather recent
    receptionist red reliable religious reluctant remote resident responsible restless rough royal
    rude rushed russian salesman salty sane saudi scottish secure selfish sensible sensitive
    separate sharp shattered shocked shy sicker sincere singer skilled skinny slight slim smooth
    sober social soft solid somewhat sour spanish special specialist spiritual spontaneous square
    stable standard standing steady stiff straight strict stunned stylish subtle such sudden
    suspicious swamped sweet swedish swiss symbolic sympathetic tall tan taken teenager tempted
    tenant tender tense thankful thick thin thoughtful thrifty tidy tiny tipsy total toxic
    traditional trans translator transparent trapped traveller treasurer turkish twin typical
    unaware underage understaffed undecided unfit uninformed unique united unlucky unreal upstairs
    downstairs useful usual vacant vague vain valuable vast victim violent virtual vital vocal
    vulnerable waitress wasted wet whole wicked wide wild wise witty wrecked yellow green pink
    purple grey gray orange zealous skint gutted baffled homesick delicious tasty yummy acuh ahlinya
    akrab akur alami alhamdulillah ambigu anemia anti apes asli asma asyik atas awal awas ayahnya
    bacot baper bahan bandel bangsat banjir bantuin barengan baring basi batuk bawa bawah becanda
    bego bejat bel bengong bengal bentar berdua bertiga biarin bikin bimbang bisnisman bolos boncos
    boros brengsek bujang bule bundanya butut cabut calo capai celaka cemen cerewet ceroboh ceria
    cermat cewek cowok congkak cuek cukong culun curang cucu dadakan dangkal darurat debitur dekan
    deposit dermawan disiplin dobol dongkol doyan drop duafa dungu egois ekspatriat emak emoh enggan
    ente fanatik fasih flu gabut gadis gagu gamang gandrung gaul gelandangan geli gemas gemes gempar
    geregetan getol giat gondok goyah gugup gusar haid haji halu haru haus heboh hemat hening hepi
    hilap hina hoki honorer hutang ibadah iler iming indekos ingkar inisiatif insaf insomnia ironis
    iri isolasi iseng janggal jaksa jamaah jantungan japri jijik jomplang joget jurig juragan juru
    kabur kacau kalap kalem kalut kambuh kanker kapan kapten karantina kaum kasmaran kebal
    kebanjiran kebelet keberatan kecele kecopetan kecut kejam kejang kelar kelaparan kelelahan
    keliru kemalingan kenyang kepo kepengen kepingin kerabat keteteran keturunan kikuk kolot
    komisaris kompeten konyol kosmetik kreatif kreditur kudet kudu kurban kurap kusut lajang lalai
    lanang lantang laris latah lebay legowo lekas lelet lemot lesu letih lihai linglung liburan
    loket longgar lugas lugu luluh luput lusuh magang magabut manut maklum makmur malaikat manis
    mapan masa masabodo maskulin mager mengantuk menteri mentok merdeka merana merantau meriang
    miris mogok mohon monoton mubazir muntah mumet murka musafir musnah mutlak nakal nafsu nanggung
    naif naksir nebeng nekat nelangsa nelpon nerima netral ngadu ngajar ngambek ngarep ngeri ngga
    ngilu ngiri ngobrol ngutang nolak nongol notaris nuntut nurut nyadar nyerah nyicil nyimak
    nyinyir obesitas ogah orientasi otodidak otw paceklik pacaran pada padat pahlawan pailit palsu
    pandai pangling pantas parah parkir parno pasif patungan pecah pejabat pelaut pelukis pekanan
    penjahit penjaga penyakitan peramal perantara perjaka perokok perfeksionis pesimis pikun pilek
    plin-plan polos pramugari prajurit prihatin produktif pucat pulih puyuh raib rakus rapi rapuh
    rawan realistis rebahan relawan remaja rempong renta repot residen ringan risau rohis romantis
    ruwet saban sah salting santuy sariawan sarjana satpam seksi sekeluarga seksama selamat semaput
    sensi sentimen serba seret serak sertifikasi setengah setia sewot sinis skeptis soak somplak
    sombong sontak spesialis stroke subur sukses sukarelawan sumpah sungkan susur syukur tajir
    takabur taksi tamak tanggap tajam tangguh tekor telanjur telaten telmi tentu tepat terang
    tersesat tertib terus tewas tobat toleran trauma tuli tunanetra turki ultah umat umroh unggul
    ulet ustad vakum vertigo waras waswas waspada wajar wanti warisan wibu wisatawan wisuda zalim
    invalid valid popular similar identical duplicate visible panjang kosong pasaran jelek ganda
    dobel double kembar mirip kebalik ketuker typo viral unik fantastic incredible hilarious
    christmas easter halloween thanksgiving ramadan lebaran natal nyepi imlek telkomsel indosat xl
    axis smartfren pln bpjs pdam samsung iphone apple android xiaomi oppo vivo netflix spotify
    microsoft windows indomaret alfamart pertamina amazon ebay uber visa mastercard paypal ups
    superb amazing outrageous nonsense rubbish garbage magic heaven hell name call buy see make take
    give tell ask know think look find put send say go come try let keep talk turn show hear play
    run hold bring write provide sit stand lose pay meet include continue learn lead understand
    watch follow stop create speak read allow add spend walk remember love wait serve die expect
    build stay fall cut teteh mbok eyang simbah hidden shown komunitas yayasan almarhum bersama
    allah tuhan sometime whenever daddy soon
    """
)
"""Usually no name: trusted as one only behind "my name is" and its like, with a capital."""
